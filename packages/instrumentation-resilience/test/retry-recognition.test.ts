import { createServer, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { propagation } from '@opentelemetry/api';
import { httpInstrumentation } from '@foreshock/instrumentation-http';
import { breaker, RetryRecognition, resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { ForeshockPropagator } from '@foreshock/propagator';
import { recordSpans, shows } from '@foreshock/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ContextAttributesProcessor } from '../../foreshock/src/context-attributes-processor.ts';
import { startFailingServer, type FailingServer } from './failing-server.ts';
import { counted, outline, type Caller, type Outlined } from './outline.ts';

propagation.setGlobalPropagator(new ForeshockPropagator());
const recorded = recordSpans([httpInstrumentation(), resilienceInstrumentation()], {
  spanProcessors: [new ContextAttributesProcessor(), new RetryRecognition({ stormRatio: 0.5 })],
});
let server: FailingServer;
beforeAll(async () => {
  server = await startFailingServer();
});
beforeEach(() => {
  recorded.clear();
  server.forget();
});
afterAll(async () => {
  recorded.stop();
  await server.close();
});

/** What a caller's trace tells; the server is in this process, and not what this is about. */
async function trace(fn: () => Promise<unknown>): Promise<Caller> {
  await recorded.inSpan('caller', fn);
  await delay(20);
  return outline(recorded.spans().filter(({ kind }) => kind !== 'SERVER'))['caller']!;
}

async function get(path: string, init?: RequestInit): Promise<number> {
  const response = await fetch(server.url + path, init);
  await response.arrayBuffer();
  return response.status;
}

/** As everybody has written it once. */
async function untilItWorks(attempt: () => Promise<number>, attempts: number, backoffMs = 20): Promise<void> {
  for (let i = 1; i <= attempts; i++) {
    if ((await attempt().catch(() => 599)) < 400) return;
    if (i < attempts && backoffMs > 0) await delay(backoffMs * i);
  }
}

function resend(number: number, type?: string): Outlined {
  const attributes = {
    'retry.attempt': number,
    'retry.delay_ms': 'number',
    'retry.policy': 'loop',
    'http.request.resend_count': number - 1,
  };
  return type === undefined ? ['GET', attributes] : ['GET', { ...attributes, 'error.type': type }, ''];
}

function summary(attempts: number, outcome: string, type?: string): Record<string, unknown> {
  return {
    event: 'retry.summary',
    'retry.policy': 'loop',
    'retry.attempts': attempts,
    'retry.outcome': outcome,
    'retry.total_delay_ms': 'number',
    ...(type !== undefined && { 'error.type': type }),
  };
}

const failed = (type: string): Outlined => ['GET', { 'error.type': type }, ''];
const worked: Outlined = ['GET', {}];

describe('loops written by hand', () => {
  it('that work in the end', async () => {
    shows('hand-written-loops', ['attempt or hit']);
    expect(await trace(() => untilItWorks(() => get('/fail/2/a'), 5))).toEqual({
      calls: [failed('503'), resend(2, '503'), resend(3)],
      events: [summary(3, 'success')],
    });
  });

  it('that give up', async () => {
    expect(await trace(() => untilItWorks(() => get('/status/429'), 3))).toEqual({
      calls: [failed('429'), resend(2, '429'), resend(3, '429')],
      events: [summary(3, 'failure', '429')],
    });
  });

  it('over node:http, and without any response', async () => {
    const attempt = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest(`${server.url}/reset`, (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode!));
        });
        sent.once('error', reject);
        sent.end();
      });
    const { calls, events } = await trace(() => untilItWorks(attempt, 2));
    expect(calls).toEqual([
      ['GET', { 'error.type': 'ECONNRESET' }, 'socket hang up'],
      [...resend(2, 'ECONNRESET').slice(0, 2), 'socket hang up'],
    ]);
    expect(events).toEqual([summary(2, 'failure', 'ECONNRESET')]);
  });

  it('inside of a breaker, but not inside of what counts by itself', async () => {
    const payments = breaker('payments');
    const { calls } = await trace(() => payments.call(() => untilItWorks(() => get('/status/500'), 2)));
    const facts = { 'circuitbreaker.name': 'payments', 'circuitbreaker.state': 'closed' };
    expect(calls).toEqual([failed('500'), resend(2, '500')].map(([n, a, f]) => [n, { ...facts, ...a }, f]));
  });

  it.each<[string, () => Promise<unknown>, Outlined[]]>([
    ['a failure before', () => untilItWorks(async () => (await get('/status/200')) + 400, 3), [worked, worked, worked]],
    [
      'a failure that is worth trying again',
      () => untilItWorks(() => get('/status/404'), 2),
      [failed('404'), failed('404')],
    ],
    [
      'the same path',
      async () => {
        await get('/status/500');
        await delay(20);
        await get('/status/501');
      },
      [failed('500'), failed('501')],
    ],
    [
      'one after the other',
      () => Promise.all([get('/status/500'), get('/status/500'), get('/status/500')]),
      [failed('500'), failed('500'), failed('500')],
    ],
  ])('are none without %s', async (_, fn, calls) => {
    expect(await trace(fn)).toEqual({ calls, events: [] });
  });
});

describe('a storm', () => {
  it('is one event, on the resend that began it', async () => {
    const stormy = await startFailingServer();
    const refused = async (): Promise<number> => (await fetch(`${stormy.url}/status/503`)).status;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => recorded.inSpan('caller', () => untilItWorks(refused, 3, 15 + i * 5))),
    );
    await stormy.close();
    const stormEvents = recorded
      .spans()
      .flatMap(({ kind, attributes, events }) =>
        events.map((event) => ({ ...event, kind, attributes, of: event.attributes })),
      )
      .filter(({ name }) => name === 'retry.storm');
    expect(stormEvents).toHaveLength(1);
    const [{ kind, attributes, of }] = stormEvents as [(typeof stormEvents)[0]];
    expect({ kind, policy: attributes['retry.policy'] }).toEqual({ kind: 'CLIENT', policy: 'loop' });
    expect(of).toEqual({
      'retry.storm.target': stormy.url,
      'retry.storm.first_tries': 20,
      'retry.storm.resends': 11,
      'retry.storm.rate': 0.55,
      'retry.storm.jitter': expect.any(Boolean),
    });
    expect(counted(await recorded.metrics(), 'retry.storms')).toEqual({ '': 1 });
  });
});

describe('attempts of callers', () => {
  const attemptsOf = async (value: string): Promise<unknown> => {
    const inner = createServer((_, response) => response.end('ok'));
    inner.listen(0, '127.0.0.1');
    await once(inner, 'listening');
    const url = `http://127.0.0.1:${(inner.address() as AddressInfo).port}/`;
    await (await fetch(url, { headers: { baggage: `tenant=7,retry.upstream_attempts=${value}` } })).text();
    const closed = once(inner, 'close');
    inner.close();
    inner.closeAllConnections();
    await closed;
    const served = recorded.spans().filter(({ kind }) => kind === 'SERVER');
    expect(served).toHaveLength(1);
    return served[0]?.attributes['retry.upstream_attempts'];
  };

  it('are on the span of the server that serves them', async () => {
    expect(await attemptsOf('3')).toBe(3);
  });

  it.each(['0', '99999', 'many', '1'])('are not taken from a baggage that says %j', async (value) => {
    expect(await attemptsOf(value)).toBeUndefined();
  });
});
