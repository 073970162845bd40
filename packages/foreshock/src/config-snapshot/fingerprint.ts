import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isConfiguration, maybeSecret } from './variables.ts';

const LOCK_FILES = ['package-lock.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'npm-shrinkwrap.json'];
/** Looked at, above the working directory: a workspace's is further up. */
const MOST_FOLDERS = 4;
const LONGEST_VALUE = 256;
/** Of a lock file: more would delay the start. */
const MOST_BYTES = 4 * 1_048_576;
/**
 * Eight bytes of so many are hashed: a package's checksum has 40 characters or more, so eight of them in a row are among
 * them wherever it stands.
 */
const STRIDE = 32;
/** Platforms choose one at each start. */
const CHOSEN = 'PORT';

/**
 * Of the configuration that a process starts with: Node's version, the variables' names, the values of those that cannot be
 * secrets, and the lock file's size and checksums. One 53-bit number of all: who knows everything else could guess one short
 * value, so secrets' values are left out. No SHA-256: `node:crypto` takes long to load.
 */
export function configFingerprint(env: NodeJS.ProcessEnv, cwd: string): string {
  const hash = new Hash();
  hash.text(process.versions.node);
  for (const name of Object.keys(env).sort()) {
    const value = env[name] ?? '';
    if (!isConfiguration(name, value)) continue;
    hash.text(name);
    if (name !== CHOSEN && isPlain(value) && !maybeSecret(name, value)) hash.text(value);
  }
  addLockFile(hash, cwd);
  return hash.digits;
}

/** No user in an address, no `Password=…`. */
function isPlain(value: string): boolean {
  return value.length <= LONGEST_VALUE && !value.includes('@') && !value.includes('=');
}

function addLockFile(hash: Hash, cwd: string): void {
  let folder = cwd;
  for (let i = 0; i < MOST_FOLDERS; i++) {
    for (const name of LOCK_FILES) if (addFile(hash, join(folder, name), name)) return;
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  hash.text('');
}

/** @returns whether it is a file that may be read */
function addFile(hash: Hash, path: string, name: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found?.isFile()) return false;
    hash.text(`${name} ${found.size}`);
    hash.sample(beginningOf(path, Math.min(found.size, MOST_BYTES)));
    return true;
  } catch {
    return false;
  }
}

function beginningOf(path: string, size: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafeSlow(size);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

/** cyrb53. */
class Hash {
  #a = 0xdeadbeef;
  #b = 0x41c6ce57;

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.#add(text.charCodeAt(i));
    this.#add(-1);
  }

  /** Eight bytes of each stride. */
  sample(bytes: Uint8Array): void {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    let [a, b] = [this.#a, this.#b];
    for (let i = 0; i < words.length - 1; i += STRIDE / 4) {
      a = Math.imul(a ^ words[i]!, 2_654_435_761);
      b = Math.imul(b ^ words[i]!, 1_597_334_677);
      a = Math.imul(a ^ words[i + 1]!, 2_654_435_761) ^ (a >>> 15);
      b = Math.imul(b ^ words[i + 1]!, 1_597_334_677) ^ (b >>> 13);
    }
    this.#a = a;
    this.#b = b;
  }

  get digits(): string {
    let [a, b] = [this.#a, this.#b];
    a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
    b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
    return (4_294_967_296 * (2_097_151 & b) + (a >>> 0)).toString(16).padStart(14, '0');
  }

  #add(code: number): void {
    this.#a = Math.imul(this.#a ^ code, 2_654_435_761);
    this.#b = Math.imul(this.#b ^ code, 1_597_334_677);
  }
}
