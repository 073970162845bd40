import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { recordSpans, startRedis, type Redis as Server } from '@foreshock/testkit';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const recorded = recordSpans(cacheInstrumentation({ stampedeCallers: 1_000 }));
let server: Server;
let io: Redis;
const open = () => createClient({ url: server.url });
let node: ReturnType<typeof open>;
beforeAll(async () => {
  server = await startRedis();
  io = new Redis(server.url);
  node = open();
  await node.connect();
  recorded.clear();
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  io.disconnect();
  node.destroy();
  await server.stop();
});

it.each([
  ['ioredis', (...words: string[]) => io.call(words[0]!, ...words.slice(1))],
  ['redis', (...words: string[]) => node.sendCommand(words)],
] as const)('%s: nothing of what is sent comes back in a span', async (_library, send) => {
  await send('SET', 'alice:name', 'alice');
  await expect(send('HUNTER2', 'alice')).rejects.toThrow('unknown command');
  await expect(send('EVAL', "return redis.error_reply('ERR user alice@example.com missing')", '0')).rejects.toThrow(
    'missing',
  );
  await expect(send('EVAL', "return redis.error_reply('ERR no card 4111 1111')", '0')).rejects.toThrow('no card');
  await expect(send('EVAL', "return redis.error_reply('WRONGTYPE alice missing')", '0')).rejects.toThrow('missing');
  await expect(send('EVAL', "return redis.error_reply('LIMIT alice missing')", '0')).rejects.toThrow('missing');
  await expect(send('EVAL', "return {err='alice missing'}", '0')).rejects.toThrow('missing');
  await expect(send('EVAL', "error('alice is missing')", '0')).rejects.toThrow('missing');
  await expect(send('INCR', 'alice:name')).rejects.toThrow('not an integer');
  const spans = recorded.spans();
  // With a space, as an ID may have any four digits.
  expect(JSON.stringify(spans)).not.toMatch(/alice|hunter2|4111 1111/i);
  expect(spans.map(({ name, attributes, status }) => [name, attributes['db.query.text'], status.message])).toEqual([
    ['SET', 'SET * ?', undefined],
    ['_OTHER', '_OTHER ?', 'ERR unknown command'],
    ['EVAL', 'EVAL ?', 'ERR'],
    ['EVAL', 'EVAL ?', 'ERR'],
    ['EVAL', 'EVAL ?', 'WRONGTYPE'],
    ['EVAL', 'EVAL ?', 'LIMIT'],
    // Without a code, as this version of Redis passes it on.
    ['EVAL', 'EVAL ?', undefined],
    ['EVAL', 'EVAL ?', 'ERR'],
    ['INCR', 'INCR *', 'ERR value is not an integer or out of range'],
  ]);
  expect(spans[1]!.attributes['db.response.status_code']).toBe('ERR');
});

it('a prefix of the client is shown only if it is made of common words', async () => {
  const constant = new Redis(server.url, { keyPrefix: 'shop:cache:' });
  const tenant = new Redis(server.url, { keyPrefix: 'tenant-alice@corp.com:' });
  await constant.get('user:1');
  await tenant.get('user:1');
  constant.disconnect();
  tenant.disconnect();
  expect(recorded.spans().map(({ attributes }) => attributes['db.query.text'])).toEqual([
    'GET shop:cache:user:*',
    'GET user:*',
  ]);
});

it('an aborted transaction has looked for nothing', async () => {
  const other = new Redis(server.url);
  await other.set('user:1', 'x');
  await io.watch('user:1');
  await other.set('user:1', 'y');
  recorded.clear();
  expect(await io.multi().get('user:1').exec()).toBeNull();
  // Refused at once, before it is executed.
  await expect(io.multi().call('NOSUCH').get('user:1').exec()).rejects.toThrow('EXECABORT');
  await node.watch('user:1');
  await other.set('user:1', 'z');
  recorded.clear();
  await expect(node.multi().get('user:1').get('user:2').exec()).rejects.toThrow('watched keys');
  other.disconnect();
  for (const { attributes } of recorded.spans()) expect(attributes).not.toHaveProperty('cache.hit');
  const metrics = await recorded.metrics();
  const points = metrics.find(({ name }) => name === 'cache.lookups')?.points ?? [];
  const misses = points.filter(({ attributes }) => attributes['cache.hit'] === false).map(({ value }) => value);
  expect(misses.reduce<number>((sum, value) => sum + Number(value), 0)).toBe(2);
});
