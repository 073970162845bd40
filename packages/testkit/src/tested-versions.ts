import { IS_MATRIX } from './nodes.ts';

/** In `npm test` the first and the last of at least three, in `npm run test:matrix` those between. */
export function testedVersions<T>(versions: readonly T[]): readonly T[] {
  return IS_MATRIX ? versions.slice(1, -1) : [versions[0]!, versions.at(-1)!];
}
