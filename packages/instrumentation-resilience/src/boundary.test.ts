import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { Telemetry } from '@foreshock/kit';
import { contextAttributesOf } from '@foreshock/kit';
import { recordSpans } from '@foreshock/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openResilience } from './boundary.ts';
import { RetryRecognition } from './retry-recognition.ts';

const recorded = recordSpans([]);
const telemetry: Telemetry = {
  library: 'test',
  tracer: recorded.tracerProvider.getTracer('ours'),
  upstreamIsActive: false,
  useMeter() {},
};
beforeEach(() => recorded.clear());
afterAll(() => recorded.stop());

const sent = (): unknown => propagation.getActiveBaggage()?.getEntry('retry.upstream_attempts')?.value;
const facts = (): unknown => contextAttributesOf(context.active());

describe('an attempt', () => {
  it('sends the count to the services called, unless it is the first or configured not to', () => {
    const retry = openResilience(telemetry, {}).retry({}, 'test');
    expect([retry.begin().run(sent, undefined, []), retry.begin().run(sent, undefined, [])]).toEqual([undefined, '2']);
    const silent = openResilience(telemetry, { propagateAttempts: false }).retry({}, 'test');
    expect([silent.begin().run(sent, undefined, []), silent.begin().run(sent, undefined, [])]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('counts on from what its own callers sent', () => {
    const baggage = propagation.createBaggage({ 'retry.upstream_attempts': { value: '2' } });
    context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), () => {
      const retry = openResilience(telemetry, {}).retry({}, 'test');
      expect([1, 2, 3].map(() => retry.begin().run(sent, undefined, []))).toEqual([undefined, '3', '4']);
    });
  });

  it('is no fact of what it leaves running', async () => {
    const retry = openResilience(telemetry, {}).retry({}, 'test', 3);
    const { promise, resolve } = Promise.withResolvers<void>();
    // A server that is started, a connection that is opened: they serve everybody from here on.
    const [during, later] = retry.begin().run(() => [facts(), promise.then(facts)], undefined, []);
    expect(during).toEqual({ 'retry.attempt': 1, 'retry.policy': 'test', 'retry.max_attempts': 3 });
    retry.ended('success');
    resolve();
    expect(await later).toBeUndefined();
  });

  it('that sent nothing makes the next no resend, nor is what another one has not come to', () => {
    const recognition = new RetryRecognition();
    const call = (url: string): unknown => {
      const where = context.active();
      const attributes = { 'http.request.method': 'GET', 'url.full': url };
      const span = recorded.tracerProvider.getTracer('http').startSpan('GET', { kind: SpanKind.CLIENT, attributes });
      recognition.onStart(span, where);
      span.end();
      return recorded.spans().at(-1)!.attributes['http.request.resend_count'];
    };
    const retry = openResilience(telemetry, {}).retry({}, 'test');
    const attempts = [[], ['http://a/'], [], ['http://a/', 'http://b/'], ['http://c/']];
    const counts = attempts.map((urls) => retry.begin().run(() => urls.map(call), undefined, []));
    expect(counts).toEqual([[], [undefined], [], [1, undefined], [2]]);
  });

  it('is made beside the one before it, not inside', () => {
    const resilience = openResilience(telemetry, {});
    const owner = {};
    recorded.inSpan('caller', () => {
      const caller = trace.getActiveSpan();
      const retry = resilience.retry(owner, 'test');
      retry.begin().run(
        () =>
          recorded.inSpan('first', () => {
            expect(resilience.retryHere(owner)).toBe(retry);
            retry.failed(new Error('down'));
            expect(retry.begin().run(() => trace.getActiveSpan(), undefined, [])).toBe(caller);
          }),
        undefined,
        [],
      );
      expect(resilience.retryHere(owner)).toBeUndefined();
    });
  });

  it('beyond the last is reported again', () => {
    recorded.inSpan('caller', () => {
      const retry = openResilience(telemetry, {}).retry({}, 'test', 2);
      for (let i = 0; i < 3; i++) {
        retry.begin().run(() => {}, undefined, []);
        retry.failed(new RangeError('down'), 100);
      }
      retry.begin().run(() => {}, undefined, []);
      retry.ended('success');
      retry.ended('failure');
    });
    const [caller] = recorded.spans() as [ReturnType<typeof recorded.spans>[0]];
    const events = caller.events.filter(({ name }) => name === 'retry.summary');
    expect(events.map(({ attributes }) => [attributes['retry.attempts'], attributes['retry.outcome']])).toEqual([
      [2, 'failure'],
      [3, 'failure'],
      [4, 'success'],
    ]);
    expect(events.map(({ attributes }) => attributes['retry.total_delay_ms'])).toEqual([100, 200, 300]);
  });
});

describe('a summary', () => {
  it('that has not ended is summarised at the end of the caller, a hundred at most', () => {
    recorded.inSpan('caller', () => {
      for (let i = 0; i < 150; i++) {
        const retry = openResilience(telemetry, {}).retry({}, 'test');
        retry.begin().run(() => {}, undefined, []);
        retry.failed(new Error('down'));
        retry.begin().run(() => {}, undefined, []);
        if (i === 149) continue;
        retry.failed(new TypeError('mine'));
      }
      const span = recorded.spans();
      expect(span).toEqual([]);
    });
    const [{ events }] = recorded.spans() as [ReturnType<typeof recorded.spans>[0]];
    expect(events.length + (recorded.spans()[0]?.dropped.events ?? 0)).toBe(150);
    // The last one was still under way.
    expect(events.at(-1)?.attributes).not.toHaveProperty(['retry.outcome']);
    expect(events.at(-2)?.attributes).toMatchObject({ 'retry.outcome': 'failure', 'error.type': 'TypeError' });
  });

  it('is not written on a caller that has ended', async () => {
    const retry = recorded.inSpan('caller', () => openResilience(telemetry, {}).retry({}, 'test'));
    retry.begin().run(() => {}, undefined, []);
    retry.begin().run(() => {}, undefined, []);
    retry.ended('success');
    expect(recorded.spans()[0]?.events).toEqual([]);
  });
});
