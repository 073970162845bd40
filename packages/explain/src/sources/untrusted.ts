/** Untrusted JSON has any value anywhere; even `toString` may be no function. */

/** Texts, numbers and booleans; of anything else none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';
}

/** Numbers, also as text; else NaN. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** A list's objects; else none. */
export function objectsOf<T extends object>(value: T[] | undefined): T[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
