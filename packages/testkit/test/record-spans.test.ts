import { setTimeout as delay } from 'node:timers/promises';
import { context, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { recordSpans } from '../src/index.ts';

/** The least that can be recorded: one span and one point a call. */
class Toy {
  enabled = false;
  tracerProvider!: TracerProvider;
  meterProvider!: MeterProvider;
  enable(): void {
    this.enabled = true;
  }
  disable(): void {
    this.enabled = false;
  }
  setTracerProvider(provider: TracerProvider): void {
    this.tracerProvider = provider;
  }
  setMeterProvider(provider: MeterProvider): void {
    this.meterProvider = provider;
  }
  async call(): Promise<void> {
    const span = this.tracerProvider.getTracer('toy').startSpan('call', { attributes: { n: 1 } });
    await delay(1);
    this.meterProvider.getMeter('toy').createHistogram('calls', { unit: 's' }).record(0.5, { ok: true });
    span.setStatus({ code: 2, message: 'no' }).end();
  }
}

test('records spans and metrics of an instrumentation, children of their callers', async () => {
  const toy = new Toy();
  const recorded = recordSpans(toy);
  expect(toy.enabled).toBe(true);
  await Promise.all(['a', 'b'].map((name) => recorded.inSpan(name, () => toy.call())));

  const spans = recorded.spans();
  expect(spans.map(({ name }) => name).sort()).toEqual(['a', 'b', 'call', 'call']);
  for (const call of spans.filter(({ name }) => name === 'call')) {
    const parent = spans.find(({ spanId }) => spanId === call.parentSpanId)!;
    expect(call).toEqual({
      traceId: parent.traceId,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentSpanId: parent.spanId,
      name: 'call',
      kind: 'INTERNAL',
      startTime: expect.any(Number),
      endTime: expect.any(Number),
      durationMs: expect.any(Number),
      attributes: { n: 1 },
      events: [],
      links: [],
      status: { code: 'ERROR', message: 'no' },
      flags: 0x101,
      traceState: '',
      resource: expect.objectContaining({ 'service.name': expect.any(String) }),
      scope: 'toy',
      dropped: { attributes: 0, events: 0, links: 0 },
    });
    expect(call.endTime).toBeGreaterThanOrEqual(call.startTime);
    expect(parent.parentSpanId).toBe('');
  }
  expect(await recorded.metrics()).toMatchObject([
    {
      name: 'calls',
      unit: 's',
      type: 'histogram',
      scope: 'toy',
      points: [{ attributes: { ok: true }, count: 2, sum: 1 }],
    },
  ]);
  recorded.clear();
  expect(recorded.spans()).toEqual([]);
  recorded.stop();
  expect(toy.enabled).toBe(false);
});

test('inSpan returns and throws what its function does, and ends its span', async () => {
  const recorded = recordSpans([]);
  const error = new Error('mine');
  expect(recorded.inSpan('value', (span) => trace.getSpan(context.active()) === span)).toBe(true);
  expect(() =>
    recorded.inSpan('throw', () => {
      throw error;
    }),
  ).toThrow(error);
  await expect(recorded.inSpan('reject', () => Promise.reject(error))).rejects.toBe(error);
  expect(trace.getSpan(context.active())).toBeUndefined();
  expect(recorded.spans().map(({ name }) => name)).toEqual(['value', 'throw', 'reject']);
});
