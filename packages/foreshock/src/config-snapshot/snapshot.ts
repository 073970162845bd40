import { createHash, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `foreshock config snapshot` prints. */
export interface Snapshot {
  readonly schema: 'foreshock.config/1';
  readonly at: string;
  /** The same for the same configuration. */
  readonly fingerprint: string;
  readonly node: string;
  readonly platform: string;
  /** Hashes by name. */
  readonly variables: Record<string, string>;
  /** Versions by path in the lock file; empty without one. */
  readonly packages: Record<string, string>;
  /** Limits of the pools of a running process, by name; undefined: none was asked. */
  readonly pools?: Record<string, number>;
}

/** Of the shell, the machine or the process: they differ without any configuration having changed. */
const UNSTABLE =
  /^(?:_|PWD|OLDPWD|SHLVL|HOSTNAME|HOME|USER|LOGNAME|MAIL|TERM|COLORTERM|COLUMNS|LINES|LS_COLORS|TMPDIR|DISPLAY|SSH_.*|XDG_.*|INIT_CWD|npm_.*|INVOCATION_ID|JOURNAL_STREAM|POD_(?:NAME|IP|UID)|.*_SERVICE_(?:HOST|PORT)(?:_.*)?|.*_PORT_\d+_(?:TCP|UDP)(?:_.*)?)$/;
const SECRET = /pass|secret|token|key|credential|auth|cookie|cert|dsn|salt|private/i;
const HAS_USER = /^[a-z][a-z\d+.-]*:\/\/[^/\s]*@/i;
const DIGITS = 12;
const SALT = 'foreshock.config/1';

export function takeSnapshot(env: NodeJS.ProcessEnv, cwd: string, pools: Record<string, number> | undefined): Snapshot {
  const variables: Record<string, string> = {};
  for (const name of Object.keys(env).toSorted()) {
    const value = env[name];
    if (value !== undefined && !UNSTABLE.test(name)) variables[name] = hashOf(name, value);
  }
  const content = {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    variables,
    packages: packagesIn(cwd),
    ...(pools && { pools }),
  };
  const fingerprint = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, DIGITS);
  return { schema: 'foreshock.config/1', at: new Date().toISOString(), fingerprint, ...content };
}

/** What may be a secret is hashed slowly, so that nobody tries a dictionary. */
function hashOf(name: string, value: string): string {
  const isSecret = SECRET.test(name) || HAS_USER.test(value);
  // With its name: two variables of one value do not show it.
  if (isSecret) return `scrypt:${scryptSync(value, `${SALT} ${name}`, DIGITS / 2).toString('hex')}`;
  return `sha256:${createHash('sha256').update(`${name}=${value}`).digest('hex').slice(0, DIGITS)}`;
}

/** npm's lock file, versions 2 and 3; of another tool's, only its hash. */
function packagesIn(cwd: string): Record<string, string> {
  for (const name of ['package-lock.json', 'npm-shrinkwrap.json']) {
    const text = textOf(join(cwd, name));
    if (text === undefined) continue;
    try {
      const { packages = {} } = JSON.parse(text) as { packages?: Record<string, { version?: string; dev?: boolean }> };
      const found = Object.entries(packages).filter(([path, { version, dev }]) => path !== '' && version && !dev);
      return Object.fromEntries(found.map(([path, { version }]) => [path.replace(/^node_modules\//, ''), version!]));
    } catch {
      return { [name]: 'unreadable' };
    }
  }
  for (const name of ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock']) {
    const text = textOf(join(cwd, name));
    if (text !== undefined) return { [name]: createHash('sha256').update(text).digest('hex').slice(0, DIGITS) };
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
