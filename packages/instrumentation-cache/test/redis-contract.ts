import { startRedis, type LibraryContract, type Redis } from '@foreshock/testkit';
import { afterAll } from 'vitest';

/** What the contracts of the clients of Redis have in common. */
export function redisContract(): LibraryContract {
  const servers: Redis[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  return {
    env: async () => {
      const server = await startRedis();
      servers.push(server);
      return { url: server.url };
    },
    skip: { 'address after fail-over': 'a cluster redirects: cluster.test.ts' },
    expect: {
      span: {
        name: 'GET',
        kind: 'CLIENT',
        attributes: {
          'db.system.name': 'redis',
          'db.operation.name': 'GET',
          'db.query.text': 'GET user:*',
          'server.address': '127.0.0.1',
          'cache.hit': true,
        },
      },
      error: {
        name: 'HGET',
        attributes: {
          'db.query.text': 'HGET user:* ?',
          'db.response.status_code': 'WRONGTYPE',
          'error.type': 'WRONGTYPE',
        },
        status: { code: 'ERROR', message: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
      },
    },
  };
}
