import { adapterContract, startRedis, type Redis } from '@foreshock/testkit';
import { afterAll } from 'vitest';

const servers: Redis[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const expected = {
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
};

/** The contract of a client of Redis: the newest version, as it lies beside us, and those of aliases. */
export function redisContract(library: string, folder: string, aliases: readonly string[]): void {
  for (const alias of [undefined, ...aliases]) {
    adapterContract({
      library,
      instrumentation: { module: '@foreshock/instrumentation-cache', export: 'cacheInstrumentation' },
      fixture: new URL('./fixture.mjs', folder),
      fixtureCjs: new URL('./fixture.cjs', folder),
      ...(alias && { libraries: { [library]: alias } }),
      env: async () => {
        const server = await startRedis();
        servers.push(server);
        return { url: server.url };
      },
      expect: expected,
      upstream: `@opentelemetry/instrumentation-${library}`,
      ...(alias === 'redis-4-0' && {
        skip: { callback: 'redis 4 has callbacks only in a mode of its own, in which there are no promises' },
      }),
    });
  }
}
