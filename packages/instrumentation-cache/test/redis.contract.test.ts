import { adapterContract, startRedis, type Redis } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';

const servers: Redis[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const instrumentation = { module: '@foreshock/instrumentation-cache', export: 'cacheInstrumentation' };
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

/** The newest, as it lies beside us, or the one of an alias. */
describe.each([
  ['ioredis', undefined],
  ['ioredis', 'ioredis-5-0'],
  ['redis', undefined],
  ['redis', 'redis-5-0'],
  ['redis', 'redis-4-0'],
])('%s %s', (library, alias) => {
  adapterContract({
    library,
    instrumentation,
    fixture: new URL(`./fixtures/${library}.mjs`, import.meta.url),
    fixtureCjs: new URL(`./fixtures/${library}.cjs`, import.meta.url),
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
});
