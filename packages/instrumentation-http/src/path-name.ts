import { BoundedNames } from './bounded-names.ts';

/** No segment with digits, likely an ID, but a version's. */
const OF_WORDS = /^(?:\/(?:v\d+|[A-Za-z_.-]*))+$/;

const names = new BoundedNames();

/** `/orders`; undefined where it may have IDs, or says nothing. */
export function pathInName(target: string): string | undefined {
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  return path !== '/' && OF_WORDS.test(path) && names.admits(path) ? path : undefined;
}
