/** Marks that are kept; a later one with the same place in the table replaces an earlier one. */
const SIZE = 4_096;
/** Characters of a URL that are looked at, from its end: there is what differs, an identifier or the query. */
const MAX_URL = 32;
/** Of the caller's span ID: 32 random bits. */
const ID_LENGTH = 8;

const marks = new Int32Array(SIZE);

/**
 * Remembers which requests a caller has had answered: who sends one of them again, polls, and a failure in between
 * makes no retry of the next. Each call that succeeds comes by: no allocation, and few characters are looked at.
 *
 * @param request what {@link requestHash} gives
 */
export function markAnswered(callerId: string, request: number): void {
  const mark = withCaller(callerId, request);
  marks[mark & (SIZE - 1)] = mark;
}

/**
 * Whether this caller has had the same request answered before. Rarely, another one's: that a retry is not
 * recognised is the lesser error.
 */
export function wasAnswered(callerId: string, request: number): boolean {
  const mark = withCaller(callerId, request);
  return marks[mark & (SIZE - 1)] === mark;
}

/** The same for the same request, and rarely for another. */
export function requestHash(method: string, url: string, bodyDigest: string | undefined): number {
  const { length } = url;
  const hash = mixed(Math.imul(length, 31) + method.charCodeAt(0), url, Math.max(0, length - MAX_URL), length);
  return bodyDigest ? mixed(hash, bodyDigest, 0, bodyDigest.length) : hash;
}

function withCaller(callerId: string, request: number): number {
  const { length } = callerId;
  const hash = mixed(request, callerId, Math.max(0, length - ID_LENGTH), length);
  return (hash ^ (hash >>> 15)) | 0;
}

/** FNV-1a. */
function mixed(hash: number, text: string, from: number, to: number): number {
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return hash;
}
