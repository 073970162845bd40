import { createHash, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configFingerprint } from './fingerprint.ts';
import { isConfiguration, maybeSecret } from './variables.ts';

type Plain = Record<string, string | number | boolean>;

/** Of a running process. */
export type Running = Pick<Snapshot, 'pools' | 'settings'>;

/** What `foreshock config snapshot` prints. */
export interface Snapshot {
  readonly schema: 'foreshock.config/1';
  readonly at: string;
  /** Same for the same configuration. */
  readonly fingerprint: string;
  /** What a process that is started here and so has on its spans (`foreshock.config.fingerprint`). */
  readonly onSpans: string;
  readonly node: string;
  readonly platform: string;
  /** Hashes by name. */
  readonly variables: Record<string, string>;
  /** By path in the lock file; empty without. */
  readonly packages: Record<string, string>;
  /** A running process's pool limits, by name; undefined: not asked. */
  readonly pools?: Record<string, number>;
  /** Its time-outs, limits and retries, by library and name; undefined: not asked, or not served. */
  readonly settings?: Record<string, Plain>;
}

const DIGITS = 12;
const SALT = 'foreshock.config/1';

export function takeSnapshot(env: NodeJS.ProcessEnv, cwd: string, running: Running = {}): Snapshot {
  const variables: Record<string, string> = {};
  for (const name of Object.keys(env).toSorted()) {
    const value = env[name];
    if (value !== undefined && isConfiguration(name, value)) variables[name] = hashOf(name, value);
  }
  const content = {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    variables,
    packages: packagesIn(cwd),
    ...running,
  };
  const fingerprint = shortHash(JSON.stringify(content));
  const onSpans = configFingerprint(env, cwd);
  return { schema: 'foreshock.config/1', at: new Date().toISOString(), fingerprint, onSpans, ...content };
}

/** What may be a secret is hashed slowly, so that a dictionary takes long. */
function hashOf(name: string, value: string): string {
  // With its name: equal values of two variables stay hidden.
  if (maybeSecret(name, value)) return `scrypt:${scryptSync(value, `${SALT} ${name}`, DIGITS / 2).toString('hex')}`;
  return `sha256:${shortHash(`${name}=${value}`)}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
}

/** npm's lock file, versions 2 and 3; of others only the hash. */
function packagesIn(cwd: string): Record<string, string> {
  for (const name of ['package-lock.json', 'npm-shrinkwrap.json']) {
    const text = textOf(join(cwd, name));
    if (text === undefined) continue;
    try {
      const { packages } = JSON.parse(text) as { packages?: Record<string, { version?: string; dev?: boolean }> };
      if (!packages) return { [name]: shortHash(text) };
      const found = Object.entries(packages).filter(([path, { version, dev }]) => path !== '' && version && !dev);
      return Object.fromEntries(found.map(([path, { version }]) => [path.replace(/^node_modules\//, ''), version!]));
    } catch {
      return { [name]: 'unreadable' };
    }
  }
  for (const name of ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock']) {
    const text = textOf(join(cwd, name));
    if (text !== undefined) return { [name]: shortHash(text) };
  }
  return {};
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
