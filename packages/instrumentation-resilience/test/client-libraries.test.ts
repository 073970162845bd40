// Clients with retries of their own, and no adapter: their attempts are those of a loop.
import { propagation } from '@opentelemetry/api';
import { httpInstrumentation } from '@foreshock/instrumentation-http';
import { RetryRecognition, resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { ForeshockPropagator } from '@foreshock/propagator';
import { recordSpans } from '@foreshock/testkit';
import { afterAll, expect, it } from 'vitest';
import { ContextAttributesProcessor } from '../../foreshock/src/context-attributes-processor.ts';
import { startFailingServer } from './failing-server.ts';
import { outline } from './outline.ts';

propagation.setGlobalPropagator(new ForeshockPropagator());
const recorded = recordSpans([httpInstrumentation(), resilienceInstrumentation()], {
  spanProcessors: [new ContextAttributesProcessor(), new RetryRecognition()],
});
const server = await startFailingServer();
afterAll(async () => {
  recorded.stop();
  await server.close();
});

const kyLike = async ({ default: ky }: any, url: string): Promise<unknown> =>
  ky.get(url, { retry: { limit: 2, backoffLimit: 20 } }).json();
const superagentLike = async ({ default: superagent }: any, url: string): Promise<unknown> =>
  (await superagent.get(url).retry(2)).body;

/** By the name it is installed as. */
const CLIENTS: [name: string, get: (module: any, url: string) => Promise<unknown>][] = [
  ['ky', kyLike],
  ['ky-1', kyLike],
  ['ofetch', ({ ofetch }, url) => ofetch(url, { retry: 2, retryDelay: 20 })],
  ['superagent', superagentLike],
  ['superagent-8', superagentLike],
];

it.each(CLIENTS)('%s', async (name, get) => {
  const module = await import(name);
  recorded.clear();
  await recorded.inSpan('caller', async () => {
    expect(await get(module, `${server.url}/fail/2/${name}`)).toEqual({ status: 200 });
  });
  const resend = (number: number) => ({
    'retry.attempt': number,
    'retry.delay_ms': 'number',
    'retry.policy': 'loop',
    'http.request.resend_count': number - 1,
  });
  // Those of the server are in this process.
  const spans = recorded.spans().filter(({ kind }) => kind !== 'SERVER');
  expect(outline(spans)['caller']).toEqual({
    calls: [
      ['GET', { 'error.type': '503' }, ''],
      ['GET', { ...resend(2), 'error.type': '503' }, ''],
      ['GET', resend(3)],
    ],
    events: [
      {
        event: 'retry.summary',
        'retry.policy': 'loop',
        'retry.attempts': 3,
        'retry.outcome': 'success',
        'retry.total_delay_ms': 'number',
      },
    ],
  });
});
