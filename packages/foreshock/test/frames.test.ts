import { fileURLToPath } from 'node:url';
import { runFixture, startPostgres, startRabbitMq, startRedis } from '@foreshock/testkit';
import { expect, it } from 'vitest';

it('leaves the application its frames in the callbacks of http, database, cache and queue', async () => {
  const servers = await Promise.all([startPostgres(), startRedis(), startRabbitMq()]);
  const [postgres, redis, rabbit] = servers;
  const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, AMQP_URL: rabbit.url };
  const fixture = fileURLToPath(new URL('./fixtures/frames.mjs', import.meta.url));
  const { stdout, stderr } = await (await runFixture(fixture, { env })).exited;
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    // The number of ours, and whether the first frame is the application's.
    'http request': [1, true],
    'http response': [1, true],
    'http end': [1, true],
    'fetch response': [0, true],
    'fetch body': [0, true],
    'fetch failure': [0, true],
    'pg connect': [1, true],
    'pg query': [1, true],
    'pg event': [1, true],
    'pg notification': [1, true],
    'pg-pool query': [1, true],
    'postgres debug': [1, true],
    'postgres row': [1, true],
    'ioredis command': [0, true],
    'ioredis pipeline': [0, true],
    'ioredis message': [1, true],
    'amqplib confirm': [1, true],
    'amqplib consumer': [1, true],
  });
  await Promise.all(servers.map((server) => server.stop()));
}, 180_000);
