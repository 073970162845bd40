/** Collisions overwrite. */
const SIZE = 4_096;
/** A URL's end: identifiers, queries. */
const MAX_URL = 32;
/** Of a span ID: 32 random bits. */
const ID_LENGTH = 8;

const marks = new Int32Array(SIZE);

/**
 * A repeated success is polling: a failure between is not retried by the next.
 *
 * @param request from {@link requestHash}
 */
export function markAnswered(callerId: string, request: number): void {
  const mark = withCaller(callerId, request);
  marks[mark & (SIZE - 1)] = mark;
}

/** Collisions only miss a retry. */
export function wasAnswered(callerId: string, request: number): boolean {
  const mark = withCaller(callerId, request);
  return marks[mark & (SIZE - 1)] === mark;
}

/** Collisions are rare. */
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

function mixed(hash: number, text: string, from: number, to: number): number {
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return hash;
}
