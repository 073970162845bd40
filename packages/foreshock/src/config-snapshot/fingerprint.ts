import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isConfiguration, maybeSecret } from './variables.ts';

const LOCK_FILES = ['package-lock.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'npm-shrinkwrap.json'];
/** Looked at, above the working directory: a workspace's is further up. */
const MOST_FOLDERS = 4;
const LONGEST_VALUE = 256;
/** Platforms choose one at each start. */
const CHOSEN = 'PORT';

/**
 * Of the configuration that a process starts with: Node's version, the variables' names, the values of those that cannot be
 * secrets, and the lock file's size (its content takes milliseconds to read). One 53-bit number of all: who knows everything
 * else could guess one short value, so secrets' values are left out. No SHA-256: `node:crypto` takes long to load.
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
  hash.text(lockFileIn(cwd));
  return hash.digits;
}

/** No user in an address, no `Password=…`. */
function isPlain(value: string): boolean {
  return value.length <= LONGEST_VALUE && !value.includes('@') && !value.includes('=');
}

/** Name and size. */
function lockFileIn(cwd: string): string {
  let folder = cwd;
  for (let i = 0; i < MOST_FOLDERS; i++) {
    for (const name of LOCK_FILES) {
      const size = sizeOf(join(folder, name));
      if (size !== undefined) return `${name} ${size}`;
    }
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  return '';
}

/** Undefined also where it may not be read. */
function sizeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size;
  } catch {
    return undefined;
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
