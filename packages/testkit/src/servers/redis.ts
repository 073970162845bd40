import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, onPath, runBinary, startServer, type Room, type RunningServer, type ServerKind } from './server.ts';
import { sharedServer } from './shared.ts';

/** A test's own empty database. All databases share pub/sub channels. */
export interface Redis {
  host: string;
  port: number;
  /** As in `SELECT`. */
  database: number;
  /** `redis://127.0.0.1:PORT/database` */
  url: string;
  stop(): Promise<void>;
}

/** 0 is never given to tests. */
const CLAIM = 'foreshock:test:database:';
const DATABASES = 1_024;
/** Limits killed runs' claims on an existing server. */
const CLAIM_SECONDS = '3600';

/**
 * An empty database of `FORESHOCK_TEST_REDIS_URL`'s server, else the vitest run's (testkit's global setup), else this
 * call's.
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

/** Redis 6.2 and later, or Valkey. */
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
  const { stop } = await run(binary, room, { databases: String(DATABASES) }, () => redis.ping(url));
  return { url, stop };
}

function run(
  binary: string,
  room: Room,
  own: Record<string, string>,
  ready: () => Promise<void>,
): Promise<Omit<RunningServer, 'url'>> {
  const settings = {
    port: String(room.port),
    bind: '127.0.0.1',
    dir: room.folder,
    // No files.
    save: '',
    appendonly: 'no',
    ...own,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return runBinary(binary, args, room, ready);
}

/** Three masters, no replicas. */
export interface RedisCluster {
  urls: string[];
  stop(): Promise<void>;
}

/** About a second; Redis 7 or later. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const { url, stop } = await startServer(redisCluster);
  const [nodes] = await send(url, ['CLUSTER', 'NODES']);
  // `<id> 127.0.0.1:7000@17000 myself,master …`
  const urls = String(nodes)
    .trim()
    .split('\n')
    .map((line) => `redis://${line.split(' ')[1]!.split('@')[0]}`);
  return { urls, stop };
}

const SLOTS = 16_384;
const NODES = 3;

const redisCluster: ServerKind = {
  name: 'redis-cluster',
  variable: 'FORESHOCK_TEST_REDIS_CLUSTER_URL',
  packages: redis.packages,
  find: redis.find,
  ping: async (url) => void (await send(url, ['CLUSTER', 'INFO'])),
  async launch(binary, room) {
    const nodes: { url: string; port: number; bus: number; stop: () => Promise<void> }[] = [];
    for (let i = 0; i < NODES; i++) {
      const folder = join(room.folder, String(i));
      mkdirSync(folder);
      if (room.user) chownSync(folder, room.user.uid, room.user.gid);
      const [port, bus] = [await freePort(), await freePort()];
      const url = `redis://127.0.0.1:${port}`;
      const own = { 'cluster-enabled': 'yes', 'cluster-port': String(bus), 'cluster-config-file': 'nodes.conf' };
      nodes.push({ url, port, bus, ...(await run(binary, { ...room, port, folder }, own, () => redis.ping(url))) });
    }
    const share = Math.ceil(SLOTS / NODES);
    for (const [i, { url }] of nodes.entries()) {
      const last = Math.min((i + 1) * share, SLOTS) - 1;
      await send(url, ['CLUSTER', 'ADDSLOTSRANGE', String(i * share), String(last)]);
    }
    for (const { port, bus } of nodes.slice(1)) {
      await send(nodes[0]!.url, ['CLUSTER', 'MEET', '127.0.0.1', String(port), String(bus)]);
    }
    for (const deadline = Date.now() + 20_000; ;) {
      const infos = await Promise.all(nodes.map(({ url }) => send(url, ['CLUSTER', 'INFO'])));
      if (infos.every(isWhole)) break;
      if (Date.now() > deadline) throw new Error(`the nodes do not become a cluster: ${String(infos)}`);
      await delay(25);
    }
    return {
      url: nodes[0]!.url,
      async stop() {
        await Promise.all(nodes.map(({ stop }) => stop()));
        rmSync(room.folder, { recursive: true, force: true });
      },
    };
  },
};

function isWhole([info]: (string | undefined)[]): boolean {
  return /cluster_state:ok/.test(info ?? '') && info!.includes(`cluster_known_nodes:${NODES}`);
}

/** A plain socket loads no observed library. Only text and number replies; selects the URL's database first. */
async function send(url: string, ...commands: string[][]): Promise<(string | undefined)[]> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const before: string[][] = [];
  if (password) before.push(['AUTH', ...[username, password].filter(Boolean).map(decodeURIComponent)]);
  if (pathname.length > 1) before.push(['SELECT', pathname.slice(1)]);
  const all = [...before, ...commands];
  const socket = connect(Number(port || 6379), hostname).setEncoding('latin1');
  try {
    await once(socket, 'connect');
    socket.write(all.map(encode).join(''));
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      const replies = decode(text);
      if (replies.length === all.length) return replies.slice(before.length);
    }
    throw new Error(`${hostname}:${port} hung up`);
  } finally {
    socket.destroy();
  }
}

function encode(command: string[]): string {
  return `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** Complete replies. */
function decode(text: string): (string | undefined)[] {
  const replies: (string | undefined)[] = [];
  for (let at = 0; ;) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return replies;
    const [kind, line] = [text[at], text.slice(at + 1, end)];
    at = end + 2;
    if (kind === '-') throw new Error(line);
    if (kind !== '$') {
      replies.push(line);
    } else if (line === '-1') {
      replies.push(undefined);
    } else {
      const after = at + Number(line);
      if (text.length < after + 2) return replies;
      replies.push(text.slice(at, after));
      at = after + 2;
    }
  }
}
