/** True in `npm run test:matrix`. */
export const IS_MATRIX: boolean = process.env['FORESHOCK_TEST_MATRIX'] === 'all';

/** Majors that Foreshock supports: all of them in `npm run test:matrix`, the pinned one in `npm test`. */
export const NODES: readonly (22 | 24 | 26)[] = IS_MATRIX ? [22, 24, 26] : [24];
