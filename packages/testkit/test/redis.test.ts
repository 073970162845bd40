import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { startRedis, startRedisCluster, type Redis } from '../src/index.ts';

/** Inline commands, in the server's own words; QUIT makes it hang up when all is said. */
async function say(where: Pick<Redis, 'host' | 'port' | 'database'>, ...commands: string[]): Promise<string[]> {
  const socket = connect(where.port, where.host);
  socket.write([`SELECT ${where.database}`, ...commands, 'QUIT'].map((line) => `${line}\r\n`).join(''));
  return (await text(socket)).split('\r\n').slice(1, -2);
}

test('each call has an empty database of its own, emptied when it is stopped', async () => {
  const one = await startRedis();
  const two = await startRedis();
  try {
    expect(two.database).not.toBe(one.database);
    expect(one.url).toBe(`redis://${one.host}:${one.port}/${one.database}`);
    expect(await say(one, 'DBSIZE', 'SET here 1', 'DBSIZE')).toEqual([':0', '+OK', ':1']);
    expect(await say(two, 'GET here')).toEqual(['$-1']);
    await one.stop();
    expect(await say(one, 'DBSIZE')).toEqual([':0']);
  } finally {
    await two.stop();
  }
});

test('a cluster is whole: each node knows who has a key', async () => {
  const cluster = await startRedisCluster();
  try {
    expect(new Set(cluster.urls).size).toBe(3);
    const replies = await Promise.all(
      cluster.urls.map((url) => {
        const { hostname, port } = new URL(url);
        return say({ host: hostname, port: Number(port), database: 0 }, 'SET here 1');
      }),
    );
    const all = replies.flat();
    expect(all.filter((reply) => reply === '+OK')).toHaveLength(1);
    expect(all.filter((reply) => reply.startsWith('-MOVED'))).toHaveLength(2);
  } finally {
    await cluster.stop();
  }
});

test('a server that does not answer is a failure that says what to do', async () => {
  vi.stubEnv('FORESHOCK_TEST_SERVERS_PORT', undefined);
  vi.stubEnv('FORESHOCK_TEST_REDIS_URL', 'redis://127.0.0.1:1');
  await expect(startRedis()).rejects.toThrow(
    /FORESHOCK_TEST_REDIS_URL is set but does not answer: .*ECONNREFUSED.*\nInstall it \(Debian: apt-get install redis-server\)/,
  );
  vi.unstubAllEnvs();
});
