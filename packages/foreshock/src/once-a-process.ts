import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const KEY = 'foreshock.lines';
const LINES = 64;

/** Workers share settings, thus warnings. */
export function isFirstInProcess(line: string): boolean {
  let hashes = getEnvironmentData(KEY) as unknown as Int32Array | undefined;
  if (!hashes) {
    hashes = new Int32Array(new SharedArrayBuffer(4 * LINES));
    // Node copies it to workers.
    setEnvironmentData(KEY, hashes as never);
  }
  const hash = hashOf(line);
  for (let i = 0; i < LINES; i++) {
    const found = Atomics.compareExchange(hashes, i, 0, hash);
    if (found === 0) return true;
    if (found === hash) return false;
  }
  return false;
}

/** FNV-1a; never 0, which marks a free slot. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0 || 1;
}
