// NestJS over the queue libraries that it wraps: one trace from the request to the handler, one span a step.
import {
  runFixture,
  startCollector,
  startRabbitMq,
  startRedis,
  type Collector,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { uniqueName } from './contract.ts';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
  return () => collector.close();
});
beforeEach(() => collector.clear());

type Tree = [name: string, ...below: Tree[]];

/** The names of the spans below one, by name. */
function below(parentSpanId: string, spans: readonly ReceivedSpan[]): Tree[] {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .map((span) => treeOf(span, spans))
    .sort(([first], [second]) => (first < second ? -1 : 1));
}

async function app(file: string, env: Record<string, string>) {
  const fixture = await runFixture(new URL(`./fixtures/${file}`, import.meta.url), { collector, env });
  const { port } = await fixture.ready;
  const ask = async (method: string, path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method })).text();
  return { ask, stop: () => fixture.stop() };
}

const treeOf = (span: ReceivedSpan, spans: readonly ReceivedSpan[]): Tree => [span.name, ...below(span.spanId, spans)];

/** The traces in which a span of this name is. */
const tracesWith = (name: string): Tree[] => {
  const ids = new Set(collector.spans.filter((span) => span.name === name).map(({ traceId }) => traceId));
  return [...ids].flatMap((id) =>
    below(
      '',
      collector.spans.filter(({ traceId }) => traceId === id),
    ),
  );
};

it('RabbitMQ: what a handler does is below the request that sent the message or the event', async () => {
  const server = await startRabbitMq();
  const queue = uniqueName();
  const { ask, stop } = await app('nest-rmq.mjs', { RABBITMQ_URL: server.url, QUEUE: queue });
  expect(await ask('POST', '/')).toBe('6');
  await ask('GET', '/');
  await collector.waitForSpans(() => ['add up', 'note'].every((name) => tracesWith(name).length > 0));
  expect(await stop()).toMatchObject({ code: 0, stderr: '' });
  const reply: Tree = ['send (temporary)', ['process (temporary)']];
  expect(tracesWith('add up')).toEqual([['POST', [`send ${queue}`, [`process ${queue}`, ['add up'], reply]]]]);
  expect(tracesWith('note')).toEqual([['GET', [`send ${queue}`, [`process ${queue}`, ['note']]]]]);
  await server.stop();
}, 120_000);

it('@nestjs/bullmq: a processor is below the request that added the job', async () => {
  const server = await startRedis();
  const { ask, stop } = await app('nest-bullmq.mjs', { REDIS_URL: server.url });
  await ask('POST', '/welcome');
  await ask('POST', '/broken');
  await collector.waitForSpans(() => ['write welcome', 'write broken'].every((name) => tracesWith(name).length > 0));
  expect(await stop()).toMatchObject({ code: 0, stderr: '' });
  const steps = (name: string): Tree => ['POST', ['send emails', ['process emails', [`write ${name}`]]]];
  expect(tracesWith('write welcome')).toEqual([steps('welcome')]);
  expect(tracesWith('write broken')).toEqual([steps('broken')]);
  expect(collector.spans.filter(({ name, status }) => name === 'process emails' && status.code === 'ERROR')).toEqual([
    expect.objectContaining({ status: { code: 'ERROR', message: 'no such address' } }),
  ]);
  await server.stop();
}, 60_000);
