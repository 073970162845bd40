import {
  runFixture,
  startCollector,
  startKafkaIfPossible,
  startRabbitMq,
  startRedis,
  type Collector,
  type FixtureOptions,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { uniqueName } from './contract.ts';

const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

// Whole services under the preload. pg-boss has its own, over two processes.

/** A broker takes its time to start where the machine is busy. */
const WITH_A_BROKER = 120_000;

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
  return () => collector.close();
});
beforeEach(() => collector.clear());

/** The spans of one POST, each a child of the one before it, as far as they come. */
async function tracedPost(file: string, options: FixtureOptions, chain: readonly string[]): Promise<ReceivedSpan[]> {
  const app = await runFixture(fixture(file), { ...options, collector });
  const { port } = await app.ready;
  collector.clear();
  await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' });
  const found = (): ReceivedSpan[] => {
    const spans: ReceivedSpan[] = [];
    for (const name of chain) {
      const parent = spans.at(-1)?.spanId ?? '';
      spans.push(...collector.spans.filter((span) => span.name === name && span.parentSpanId === parent));
    }
    return spans;
  };
  await collector.waitForSpans(() => found().length >= chain.length);
  expect(await app.stop()).toMatchObject({ stderr: '', stdout: expect.stringContaining('stopped') });
  return found();
}

it.each(['process', 'thread'])('bullmq: a processor in a %s of its own is part of the trace', async (sandbox) => {
  const redis = await startRedis();
  const env = { REDIS_URL: redis.url, SANDBOX: sandbox };
  const chain = ['POST', 'send emails', 'process emails', 'GET'];
  const [, , process, call] = await tracedPost('sandbox.mjs', { preload: 'import', env }, chain);
  expect(process).toMatchObject({ kind: 'CONSUMER', status: { code: 'UNSET' } });
  expect(call).toMatchObject({ kind: 'CLIENT', attributes: { 'url.full': expect.stringMatching(/\/inside$/) } });
  await redis.stop();
});

it('lets no trace travel to the queues that FORESHOCK_PROPAGATE_NOT_TO names', async () => {
  const redis = await startRedis();
  const env = { REDIS_URL: redis.url, SANDBOX: 'thread', FORESHOCK_PROPAGATE_NOT_TO: 'orders,emails' };
  const app = await runFixture(fixture('sandbox.mjs'), { preload: 'import', env, collector });
  const { port } = await app.ready;
  await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' });
  const spanOf = (name: string): ReceivedSpan | undefined => collector.spans.find((span) => span.name === name);
  await collector.waitForSpans(() => spanOf('send emails') !== undefined && spanOf('process emails') !== undefined);
  expect(spanOf('process emails')).toMatchObject({ parentSpanId: '', links: [] });
  expect(spanOf('process emails')!.traceId).not.toBe(spanOf('send emails')!.traceId);
  await app.stop();
  await redis.stop();
});

it(
  'amqplib: one trace, in an ES module',
  async () => {
    const server = await startRabbitMq();
    const queue = uniqueName();
    const env = { RABBITMQ_URL: server.url, QUEUE: queue };
    const chain = ['POST', `send ${queue}`, `process ${queue}`];
    const spans = await tracedPost('amqplib-app.mjs', { preload: 'require', node: 22, env }, chain);
    expect(spans.map(({ kind }) => kind)).toEqual(['SERVER', 'PRODUCER', 'CONSUMER']);
    await server.stop();
  },
  WITH_A_BROKER,
);

it(
  'kafkajs: one trace, in CommonJS',
  async ({ skip }) => {
    const server = await startKafkaIfPossible();
    if ('missing' in server) return skip(`kafkajs is not tested here: ${server.missing}`);
    const queue = uniqueName();
    // kafkajs sets a time-out of a negative number, and Node says so.
    const env = { KAFKA_BROKER: server.kafka.broker, QUEUE: queue, NODE_NO_WARNINGS: '1' };
    const chain = ['POST', `send ${queue}`, `process ${queue}`];
    const spans = await tracedPost('kafkajs-app.cjs', { preload: 'import', node: 26, env }, chain);
    expect(spans.map(({ kind }) => kind)).toEqual(['SERVER', 'PRODUCER', 'CONSUMER']);
    await server.kafka.stop();
  },
  WITH_A_BROKER,
);
