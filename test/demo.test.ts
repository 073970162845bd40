import type { ReceivedSpan } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FULL } from './fixtures/demo.ts';
import { serversForDemo, type ServersForDemo } from './fixtures/demo-servers.ts';
import { demoOfTest, hasProbe, PROBE, ROWS, servicesOf, WORDS } from './fixtures/played-demo.ts';

// The default profile: test/matrix/demo.test.ts.
const { start, outcome } = demoOfTest();
let servers: ServersForDemo;

beforeAll(async () => {
  servers = await serversForDemo();
});
afterAll(() => servers?.stop());

test('with the full profile: the same incident through Redis, BullMQ and RabbitMQ, in one trace', async () => {
  start(FULL, servers.own);
  const { waterfall, words, logs, trace } = await outcome();
  for (const row of [
    ...ROWS,
    /orders .*GET prices:\* → (hit|miss)/,
    /orders .*send orders → order\.placed/,
    /warehouse .*process warehouse/,
    /mailer .*process confirmations/,
    /worker .*send receipts/,
    /mailer .*process receipts/,
  ]) {
    expect(waterfall).toMatch(row);
  }
  for (const part of [
    ...WORDS,
    ...(hasProbe(trace) ? PROBE : []),
    /Cache: \d+ of \d+ lookups hit; \d+ stampedes?, up to \d+ callers missing prices:\* at a time\./,
    /one of \d+ callers that missed it at a time: a stampede/,
    /waited [\d .]+ ms in queue warehouse/,
  ]) {
    expect(words).toMatch(part);
  }
  for (const line of [/warehouse +info +goods set aside/, /mailer +info +receipt mailed/]) expect(logs).toMatch(line);

  expect(servicesOf(trace)).toEqual(['gateway', 'mailer', 'orders', 'payments', 'warehouse', 'worker']);
  const kindOf = (kind: string, system: string): ReceivedSpan[] =>
    trace.filter((span) => span.kind === kind && span.attributes['messaging.system'] === system);
  for (const [system, jobs] of Object.entries({ 'pg-boss': [1], bullmq: [1, 2], rabbitmq: [2] })) {
    expect(kindOf('PRODUCER', system)).toHaveLength(1);
    const handled = kindOf('CONSUMER', system);
    // The mail server turns one receipt in ten away once.
    expect(jobs).toContain(handled.length);
    for (const { attributes } of handled) {
      expect(attributes).toMatchObject({ 'queue.wait_ms': expect.any(Number), 'queue.attempt': expect.any(Number) });
    }
  }
  expect(trace.map(({ attributes }) => attributes['cache.hit'])).toContainEqual(expect.any(Boolean));
  expect(trace.map(({ attributes }) => attributes['circuitbreaker.state'])).toContain('open');
}, 120_000);
