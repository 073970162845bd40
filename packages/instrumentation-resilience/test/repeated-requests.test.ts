import { setImmediate as nextTurn } from 'node:timers/promises';
import { propagation } from '@opentelemetry/api';
import { httpInstrumentation } from '@foreshock/instrumentation-http';
import { RetryRecognition, resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { ForeshockPropagator } from '@foreshock/propagator';
import { recordSpans, shows } from '@foreshock/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ContextAttributesProcessor } from '../../foreshock/src/context-attributes-processor.ts';
import { NO_RETRIES } from './no-retries.ts';
import { loop, startServer, type Program } from './programs.ts';
import { TRUE_RETRIES } from './true-retries.ts';

propagation.setGlobalPropagator(new ForeshockPropagator());
const recorded = recordSpans([httpInstrumentation(), resilienceInstrumentation()], {
  spanProcessors: [new ContextAttributesProcessor(), new RetryRecognition()],
});
beforeEach(() => recorded.clear());
afterAll(() => recorded.stop());

/** Of the server of this test, by the port in their URLs. */
function callsOf(url: string): ReturnType<typeof recorded.spans> {
  const calls = recorded.spans().filter(({ kind, attributes }) => {
    return kind === 'CLIENT' && String(attributes['url.full']).startsWith(url);
  });
  return calls.sort((a, b) => a.startTime - b.startTime);
}

interface CallAttributes {
  attempt: unknown;
  policy: unknown;
  resends: unknown;
}

/** What the spans of a program's calls say. */
async function play({ answer, run, attempts }: Program): Promise<CallAttributes[]> {
  const server = await startServer(answer);
  await run({ url: server.url, inSpan: recorded.inSpan });
  await server.close();
  while (callsOf(server.url).length < attempts.length) await nextTurn();
  return callsOf(server.url).map(({ attributes }) => ({
    attempt: attributes['retry.attempt'] ?? 0,
    policy: attributes['retry.policy'],
    resends: attributes['http.request.resend_count'] ?? 0,
  }));
}

function expected({ attempts }: Program): CallAttributes[] {
  return attempts.map((attempt) => ({
    attempt,
    policy: attempt > 0 ? 'loop' : undefined,
    resends: Math.max(0, attempt - 1),
  }));
}

function storms(): unknown[] {
  return recorded.spans().flatMap(({ events }) => events.filter(({ name }) => name === 'retry.storm'));
}

describe('no retry', () => {
  it.each(NO_RETRIES)('$name', async (program) => {
    expect(await play(program)).toEqual(expected(program));
    expect(storms()).toEqual([]);
  });
});

describe('a retry', () => {
  it.each(TRUE_RETRIES)('$name', async (program) => {
    shows('hand-written-loops', ['attempt or hit']);
    expect(await play(program)).toEqual(expected(program));
  });

  it('after unread answers, whose spans go on', async () => {
    const { url, close } = await startServer((n, _, __, response) => {
      response.writeHead(n < 3 ? 503 : 200);
      response.end('x'.repeat(n < 3 ? 200_000 : 1));
    });
    await recorded.inSpan('status', () => loop(async () => (await fetch(url)).ok, 5));
    const last = (): unknown => callsOf(url).at(-1)?.attributes['retry.attempt'];
    while (last() === undefined) await nextTurn();
    expect(last()).toBe(3);
    await close();
  });
});
