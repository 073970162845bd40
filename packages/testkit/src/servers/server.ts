import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, chownSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface RunningServer {
  url: string;
  /** Ends it, deletes its data. */
  stop(): Promise<void>;
}

/** Of a started server. */
export interface Room {
  port: number;
  /** Data and sockets; owned by `user`. */
  folder: string;
  /** Undefined: the current; as root, an unprivileged account. */
  user: { uid: number; gid: number } | undefined;
}

/**
 * {@link startServer} tries the environment's URL, `find`, `obtain`, apt-get and Docker, then fails with what to
 * install.
 */
export interface ServerKind {
  name: string;
  /** Names a running server: `FORESHOCK_TEST_POSTGRES_URL`. */
  variable: string;
  find(): string | undefined;
  /** Builds or downloads it, if slow. */
  obtain?(): Promise<string | undefined>;
  /** Resolves when it answers. */
  launch(binary: string, room: Room): Promise<RunningServer>;
  /** Debian's, if any. */
  packages: readonly string[];
  /** Unset if one port is not enough. */
  docker?: {
    image: string;
    /** Inside the container. */
    port: number;
    env?: Record<string, string>;
    command?: readonly string[];
    url(port: number): string;
  };
  /** Rejects until ready. */
  ping(url: string): Promise<void>;
}

/** @throws an error that says what was tried and what to install */
export async function startServer(kind: ServerKind): Promise<RunningServer> {
  const given = process.env[kind.variable];
  if (given) {
    await kind
      .ping(given)
      .catch((error) => fail(kind, [`${kind.variable} is set but does not answer: ${error.message}`]));
    return { url: given, stop: async () => {} };
  }
  const tried: string[] = [];
  const binary = kind.find() ?? (await kind.obtain?.()) ?? install(kind, tried);
  if (binary) return launch(kind, binary);
  return (await runInDocker(kind, tried)) ?? fail(kind, tried);
}

function fail(kind: ServerKind, tried: readonly string[]): never {
  throw new Error(
    `the tests need a real ${kind.name} and none could be started.\n` +
      tried.map((line) => `  - ${line}\n`).join('') +
      (kind.packages.length > 0
        ? `Install it (Debian: apt-get install ${kind.packages.join(' ')}), or start`
        : 'Start') +
      ` Docker, or point ${kind.variable} at a server you run.`,
  );
}

async function launch(kind: ServerKind, binary: string): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    const folder = mkdtempSync(join(tmpdir(), `foreshock-${kind.name}-`));
    const user = unprivilegedUser();
    if (user) chownSync(folder, user.uid, user.gid);
    try {
      return await kind.launch(binary, { port: await freePort(), folder, user });
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      // The free port may be taken.
      if (attempt === 3) throw error;
    }
  }
}

/** @param tried receives failure lines */
export function install(kind: Pick<ServerKind, 'name' | 'packages' | 'find'>, tried: string[]): string | undefined {
  if (kind.packages.length === 0) {
    tried.push(`${kind.name}: not found, nor what it can be had with`);
    return undefined;
  }
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    tried.push('apt-get: not root on Debian');
    return undefined;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Another process may hold it.
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env, stdio: 'ignore' }).status === 0;
  const packages = ['install', '-y', '--no-install-recommends', ...kind.packages];
  if (!apt(...packages) && !(apt('update') && apt(...packages))) {
    tried.push(`apt-get install ${kind.packages.join(' ')} failed`);
    return undefined;
  }
  const found = kind.find();
  if (!found) tried.push(`apt-get installed ${kind.packages.join(' ')}, but no ${kind.name} came of it`);
  return found;
}

async function runInDocker(kind: ServerKind, tried: string[]): Promise<RunningServer | undefined> {
  if (!kind.docker) return undefined;
  const { image, port, env = {}, command = [], url } = kind.docker;
  const docker = (...args: string[]): { status: number | null; stdout: string } =>
    spawnSync('docker', args, { encoding: 'utf8' });
  const settings = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const started = docker('run', '-d', '--rm', '-p', `127.0.0.1::${port}`, ...settings, image, ...command);
  if (started.status !== 0) {
    tried.push('docker: not there, or its daemon does not answer');
    return undefined;
  }
  const container = started.stdout.trim();
  const remove = (): void => void docker('rm', '-f', container);
  process.once('exit', remove);
  const published = Number(docker('port', container, String(port)).stdout.trim().split(':').pop());
  await untilAnswering(() => kind.ping(url(published)), 60_000);
  return {
    url: url(published),
    async stop() {
      process.off('exit', remove);
      remove();
    },
  };
}

const REAPER =
  'folder=$1 signal=$2; shift 2; exec 3<&0; "$@" 3<&- & server=$!; ' +
  '{ cat <&3; kill -$signal $server; } >/dev/null 2>&1 & wait $server; code=$?; rm -rf -- "$folder"; exit $code';

/**
 * For the life of this process. A shell waits for the end of its input, at `stop()` or our death, then kills the server
 * by pid and removes its folder.
 */
export async function runBinary(
  binary: string,
  args: readonly string[],
  room: Room,
  ready: () => Promise<void>,
  { signal = 'TERM', env = process.env }: { signal?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Omit<RunningServer, 'url'>> {
  const shell: ChildProcess = spawn('sh', ['-c', REAPER, 'sh', room.folder, signal, binary, ...args], {
    cwd: room.folder,
    env,
    // Ctrl-C must not end the server before the tests.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    ...room.user,
  });
  let output = '';
  shell.stderr!.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)));
  shell.unref();
  for (const stream of [shell.stdin, shell.stderr]) (stream as unknown as { unref(): void }).unref();
  const stop = async (): Promise<void> => {
    if (shell.exitCode !== null || shell.signalCode !== null) return;
    shell.ref();
    const ended = once(shell, 'exit');
    shell.stdin!.end();
    await ended;
    // The parent folder is ours: only we can remove this one.
    rmSync(room.folder, { recursive: true, force: true });
  };
  try {
    await untilAnswering(ready, 60_000, () =>
      shell.exitCode === null ? undefined : `it ended with ${shell.exitCode}`,
    );
  } catch (error) {
    await stop();
    throw new Error(`${binary} did not come up: ${(error as Error).message}\n${output}`, { cause: error });
  }
  return { stop };
}

async function untilAnswering(
  ping: () => Promise<void>,
  timeoutMs: number,
  ended?: () => string | undefined,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const failure = await ping().then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    // Again: perhaps another server answered.
    const reason = ended?.();
    if (reason) throw new Error(reason, { cause: failure });
    if (!failure) return;
    if (Date.now() > deadline) throw failure;
    await delay(25);
  }
}

export async function connectable(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** Free when checked. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Keeps links: `redis-server` etc. depend on their name. */
export function onPath(program: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, program);
    if (folder && existsSync(candidate)) return candidate;
  }
  return undefined;
}

/** Some, like Postgres, refuse root. */
function unprivilegedUser(): Room['user'] {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  return account ? { uid: Number(account[2]), gid: Number(account[3]) } : { uid: 65_534, gid: 65_534 };
}
