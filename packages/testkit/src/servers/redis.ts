import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { onPath, runBinary, startServer, type Room, type RunningServer, type ServerKind } from './server.ts';
import { sharedServer } from './shared.ts';

/** An empty database of one's own on a real Redis. Channels of pub/sub are shared by all databases of a server. */
export interface Redis {
  host: string;
  port: number;
  /** Its number, as in `SELECT`. */
  database: number;
  /** `redis://127.0.0.1:PORT/database` */
  url: string;
  /** Empties the database, and ends the server if it was started for this call alone. */
  stop(): Promise<void>;
}

/** Claims of databases live in database 0, which nobody is given. */
const CLAIM = 'foreshock:test:database:';
const DATABASES = 1_024;
/** A claim outlives a killed test run by this long at most, on a server that was there before. */
const CLAIM_SECONDS = '3600';

/**
 * Gives an empty database. The server is the one of `FORESHOCK_TEST_REDIS_URL`, else one for the whole
 * vitest run (with testkit's global setup), else one for this call.
 */
export async function startRedis(): Promise<Redis> {
  const server = (await sharedServer(redis)) ?? (await startServer(redis));
  const claim = randomBytes(6).toString('hex');
  const database = await claimDatabase(server.url, claim);
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return {
    host: url.hostname,
    port: Number(url.port || 6379),
    database,
    url: url.href,
    async stop() {
      await send(url.href, ['FLUSHDB'], ['SELECT', '0'], ['DEL', `${CLAIM}${database}`]);
      await server.stop();
    },
  };
}

async function claimDatabase(url: string, claim: string): Promise<number> {
  for (let database = 1; database < DATABASES; database++) {
    const key = `${CLAIM}${database}`;
    const [reply] = await send(url, ['SET', key, claim, 'NX', 'EX', CLAIM_SECONDS]);
    if (reply !== 'OK') continue;
    await send(url, ['SELECT', String(database)], ['FLUSHDB']);
    return database;
  }
  throw new Error(`no database of ${url} is free`);
}

/** Redis 6.2 and later, or Valkey, as a {@link ServerKind}. */
export const redis: ServerKind = {
  name: 'redis',
  variable: 'FORESHOCK_TEST_REDIS_URL',
  packages: ['redis-server'],
  docker: {
    image: 'redis:8-alpine',
    port: 6379,
    command: ['redis-server', '--save', '', '--databases', String(DATABASES)],
    url: (port) => `redis://127.0.0.1:${port}`,
  },
  find: () => onPath('redis-server') ?? onPath('valkey-server'),
  launch,
  ping: async (url) => void (await send(url, ['PING'])),
};

async function launch(binary: string, room: Room): Promise<RunningServer> {
  const url = `redis://127.0.0.1:${room.port}`;
  const settings = {
    port: String(room.port),
    bind: '127.0.0.1',
    dir: room.folder,
    databases: String(DATABASES),
    // Nothing on disk.
    save: '',
    appendonly: 'no',
  };
  const { stop } = await runBinary(
    binary,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    room,
    () => redis.ping(url),
  );
  return { url, stop };
}

/**
 * Speaks RESP over a plain socket, so that no library a test watches is touched by its own set-up. Only
 * commands that are answered with one line; a database in the URL is selected first.
 */
async function send(url: string, ...commands: string[][]): Promise<(string | undefined)[]> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const before: string[][] = [];
  if (password) before.push(['AUTH', ...[username, password].filter(Boolean).map(decodeURIComponent)]);
  if (pathname.length > 1) before.push(['SELECT', pathname.slice(1)]);
  const all = [...before, ...commands];
  const socket = connect(Number(port || 6379), hostname);
  try {
    await once(socket, 'connect');
    socket.write(all.map(encode).join(''));
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.split('\r\n').length > all.length) break;
    }
    const lines = text.split('\r\n').slice(0, -1);
    const refused = lines.find((line) => line.startsWith('-'));
    if (refused) throw new Error(refused.slice(1));
    if (lines.length < all.length) throw new Error(`${hostname}:${port} hung up`);
    return lines.slice(before.length).map((line) => (line === '$-1' ? undefined : line.slice(1)));
  } finally {
    socket.destroy();
  }
}

function encode(command: string[]): string {
  return `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
