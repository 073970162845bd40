/** A question to it would wait, with callers or before them. */
export function isFull(used: number, pending: number, limit: number | undefined): boolean {
  return pending > 0 || (limit !== undefined && used >= limit);
}
