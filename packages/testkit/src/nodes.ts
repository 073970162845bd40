/** True in `npm run test:matrix`. */
export const IS_MATRIX: boolean = process.env['FORESHOCK_TEST_MATRIX'] === 'all';

/** Majors that Foreshock supports. */
export const SUPPORTED_NODES = [22, 24, 26] as const;

/** Pinned in `npm test`, the others in `npm run test:matrix`. */
export const NODES: readonly (22 | 24 | 26)[] = IS_MATRIX ? [22, 26] : [24];
