/** JSON of strangers may have any value in any place, and an object's own `toString` may be no function. */

/** Texts, numbers and booleans as text; of anything else none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';
}

/** Numbers, also as text; NaN for anything else. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** A list's objects; none if it is no list. */
export function objectsOf<T extends object>(value: T[] | undefined): T[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
