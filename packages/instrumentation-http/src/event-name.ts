import { BoundedNames } from './bounded-names.ts';

/** A word of digits, or a long one with a digit. */
const ID = /(?<![A-Za-z\d])(?:\d+|(?=[A-Za-z]*\d)[A-Za-z\d]{12,})(?![A-Za-z\d])/;

const names = new BoundedNames();

/** `order`; undefined where it likely has an ID, as `reply:42`. */
export function eventInName(event: string): string | undefined {
  return !ID.test(event) && names.admits(event) ? event : undefined;
}
