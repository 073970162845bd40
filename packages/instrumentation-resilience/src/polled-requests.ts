/** Marks that are kept; a later one with the same place in the table replaces an earlier one. */
const SIZE = 4_096;
/** Characters of a URL that are looked at, from its end. */
const MAX_URL = 64;

const marks = new Int32Array(SIZE);

/**
 * Remembers which requests a caller has had answered: who sends one of them again, polls, and a failure in between
 * makes no retry of the next. Numbers only, for each call that succeeds comes by.
 */
export function markAnswered(callerId: string, method: string, url: string, bodyDigest: string | undefined): void {
  const hash = hashOf(callerId, method, url, bodyDigest);
  marks[hash & (SIZE - 1)] = hash;
}

/** Whether this caller has had the same request answered before. Rarely, another one's with the same hash. */
export function wasAnswered(callerId: string, method: string, url: string, bodyDigest: string | undefined): boolean {
  const hash = hashOf(callerId, method, url, bodyDigest);
  return marks[hash & (SIZE - 1)] === hash;
}

function hashOf(callerId: string, method: string, url: string, bodyDigest = ''): number {
  const { length } = url;
  let hash = Math.imul(length, 31) + method.charCodeAt(0);
  for (let i = 0; i < callerId.length; i++) hash = Math.imul(hash ^ callerId.charCodeAt(i), 16_777_619);
  for (let i = Math.max(0, length - MAX_URL); i < length; i++) hash = Math.imul(hash ^ url.charCodeAt(i), 16_777_619);
  for (let i = 0; i < bodyDigest.length; i++) hash = Math.imul(hash ^ bodyDigest.charCodeAt(i), 16_777_619);
  return (hash ^ (hash >>> 15)) | 0;
}
