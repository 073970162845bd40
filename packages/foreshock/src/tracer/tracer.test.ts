import {
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { privateMessageOf, suppressed } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';
import { describe, expect, it } from 'vitest';
import type { RecordedSpan } from './span.ts';
import { ForeshockTracerProvider } from './tracer.ts';

const LIMITS = {
  attributeCountLimit: 4,
  attributeValueLengthLimit: 8,
  eventCountLimit: 2,
  linkCountLimit: 2,
  attributePerEventCountLimit: 1,
  attributePerLinkCountLimit: 1,
};
const PARENT = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
};
const where = trace.setSpanContext(ROOT_CONTEXT, PARENT);

/** Both tracers, the SDK's as the measure of ours. */
function both(sampler?: Sampler) {
  const ended = { sdk: [] as ReadableSpan[], ours: [] as RecordedSpan[] };
  const processor = <S>(into: S[]) => ({
    onStart() {},
    onEnd: (span: any) => void into.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  });
  const root = new AlwaysOnSampler();
  const sdk = { sampler: sampler ?? new ParentBasedSampler({ root }), spanLimits: LIMITS };
  const ours = { sampler: sampler ?? root, parentBased: sampler === undefined, spanLimits: LIMITS };
  return {
    ended,
    sdk: new TracerProvider({ ...sdk, spanProcessors: [processor(ended.sdk)] }).getTracer('scope', '1', {
      schemaUrl: 'u',
    }),
    ours: new ForeshockTracerProvider({ ...ours, spanProcessors: [processor(ended.ours)] }).getTracer('scope', '1', {
      schemaUrl: 'u',
    }),
  };
}

/** Identifiers and clocks aside, what a processor reads of a span. */
function read(span: ReadableSpan | RecordedSpan) {
  const { traceId, traceFlags, traceState } = span.spanContext();
  return {
    name: span.name,
    kind: span.kind,
    parent: span.parentSpanContext,
    traceId: span.parentSpanContext ? traceId : traceId.length,
    // The SDK does not say that a trace ID is random, ours does.
    sampled: traceFlags & TraceFlags.SAMPLED,
    traceState: traceState?.serialize(),
    scope: { ...span.instrumentationScope },
    status: { ...span.status },
    attributes: { ...span.attributes },
    links: span.links.map(({ context: of, attributes, droppedAttributesCount = 0 }) => ({
      of,
      attributes: { ...attributes },
      droppedAttributesCount,
    })),
    events: span.events.map(({ name, attributes, droppedAttributesCount = 0 }) => ({
      name,
      attributes: { ...attributes },
      droppedAttributesCount,
    })),
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
    ended: span.ended,
  };
}

const SCENARIOS: Record<string, (tracer: Tracer) => Span> = {
  'a root': (tracer) => tracer.startSpan('root', {}, ROOT_CONTEXT),
  'a child': (tracer) => tracer.startSpan('child', { kind: SpanKind.CLIENT }, where),
  'a root by option': (tracer) => tracer.startSpan('root', { root: true }, where),
  'attributes of each kind': (tracer) =>
    tracer.startSpan('kinds', { attributes: { s: 'a long text', n: -0.5, b: false, l: ['a long text', 'b'] } }, where),
  'more attributes than allowed, at the start and later': (tracer) =>
    tracer
      .startSpan('many', { attributes: { a: 1, b: 2, c: 3, d: 4, e: 5 } }, where)
      .setAttribute('f', 6)
      .setAttribute('a', 7),
  'attributes that are none': (tracer) =>
    tracer
      .startSpan('none', { attributes: { u: undefined, '': 'empty' } }, where)
      .setAttributes({ u: undefined, ok: 'yes' }),
  'events beyond the limit': (tracer) =>
    tracer.startSpan('events', {}, where).addEvent('one').addEvent('two', { a: 1, b: 2 }).addEvent('three', 17),
  'links beyond the limit': (tracer) =>
    tracer
      .startSpan('links', { links: [{ context: PARENT, attributes: { a: 1, b: 2 } }] }, where)
      .addLink({ context: PARENT })
      .addLinks([{ context: PARENT, attributes: { last: 'a long text' } }]),
  'status that stays OK': (tracer) =>
    tracer
      .startSpan('ok', {}, where)
      .setStatus({ code: SpanStatusCode.OK })
      .setStatus({ code: SpanStatusCode.ERROR, message: 'no' }),
  'status with a message': (tracer) =>
    tracer
      .startSpan('error', {}, where)
      .setStatus({ code: SpanStatusCode.ERROR, message: 'why' })
      .setStatus({ code: SpanStatusCode.UNSET }),
  'another name': (tracer) => tracer.startSpan('before', {}, where).updateName('after'),
  'an exception': (tracer) => {
    const span = tracer.startSpan('exception', {}, where);
    span.recordException('text');
    return span;
  },
};

describe('beside the SDK’s tracer', () => {
  it.each(Object.entries(SCENARIOS))('%s reads the same', (_name, scenario) => {
    const { ended, sdk, ours } = both();
    scenario(sdk).end();
    scenario(ours).end();
    expect(read(ended.ours[0]!)).toEqual(read(ended.sdk[0]!));
  });

  it.each<[string, Sampler]>([
    ['dropped', new AlwaysOffSampler()],
    ['recorded, not sampled', { shouldSample: () => ({ decision: SamplingDecision.RECORD }) }],
    [
      'sampled with attributes',
      { shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED, attributes: { by: 'sampler' } }) },
    ],
  ])('%s by the sampler', (_name, sampler) => {
    const { ended, sdk, ours } = both(sampler);
    const spans = [sdk, ours].map((tracer) => tracer.startSpan('sampled', { attributes: { a: 1 } }, where));
    expect(spans[1]!.isRecording()).toBe(spans[0]!.isRecording());
    expect(spans[1]!.spanContext()).toMatchObject({
      traceId: PARENT.traceId,
      traceFlags: spans[0]!.spanContext().traceFlags,
    });
    for (const span of spans) span.end();
    expect(ended.ours.map(read)).toEqual(ended.sdk.map(read));
  });
});

describe('a span', () => {
  it('is none where tracing is suppressed', () => {
    const { ended, ours } = both();
    const span = ours.startSpan('quiet', {}, suppressed(where));
    span.end();
    expect([span.isRecording(), ended.ours]).toEqual([false, []]);
  });

  it('has times of one clock, finer than a millisecond, in their order', () => {
    const { ended, ours } = both();
    const before = Date.now();
    for (let i = 0; i < 200; i++) ours.startSpan('tick', {}, where).end();
    const after = Date.now();
    const times = ended.ours.flatMap((span) => [span.startTime, span.endTime]).map(([s, ns]) => s * 1000 + ns / 1e6);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(before - 3);
    expect(times.at(-1)).toBeLessThanOrEqual(after + 3);
    expect(times.some((time) => time % 1 !== 0)).toBe(true);
  });

  it('takes times as the API gives them, and never ends before it began', () => {
    const { ended, ours } = both();
    ours.startSpan('date', { startTime: new Date(1_000) }, where).end([2, 500]);
    ours.startSpan('backwards', { startTime: 1_700_000_000_000 }, where).end(1_600_000_000_000);
    const start = performance.now();
    ours.startSpan('performance', { startTime: start }, where).end();
    expect(ended.ours.map((span) => [span.startTime[0], span.endTime[0]])).toEqual([
      [1, 2],
      [1_700_000_000, 1_700_000_000],
      [Math.floor((performance.timeOrigin + start) / 1000), expect.any(Number)],
    ]);
  });

  it('ends once, in silence, and changes no more', () => {
    const { ended, ours } = both();
    const span = ours.startSpan('once', {}, where);
    span.end();
    const end = ended.ours[0]!.endTime;
    span.setAttribute('late', 1).addEvent('late').updateName('late').setStatus({ code: 2 }).end();
    expect(ended.ours).toHaveLength(1);
    expect(ended.ours[0]).toMatchObject({
      name: 'once',
      attributes: {},
      events: [],
      endTime: end,
      status: { code: 0 },
    });
  });

  it('has its digits in lower case, whatever its parent has', () => {
    const { ended, ours } = both();
    const capitals = { ...PARENT, traceId: PARENT.traceId.toUpperCase() };
    ours.startSpan('child', {}, trace.setSpanContext(ROOT_CONTEXT, capitals)).end();
    expect(ended.ours[0]!.spanContext().traceId).toBe(PARENT.traceId);
  });

  it('counts what is no attribute where the SDK does: at the start', () => {
    const { ended, ours } = both();
    const attributes = { f: () => {}, b: 1n } as never;
    ours.startSpan('given', { attributes }, where).setAttributes(attributes).end();
    expect(ended.ours[0]).toMatchObject({ attributes: {}, droppedAttributesCount: 2 });
  });

  it('reaches every processor, whatever another of them does', () => {
    const seen: string[] = [];
    const fault = (): never => {
      throw new Error('fault');
    };
    const processor = { onStart: () => void seen.push('start'), onEnd: () => void seen.push('end') };
    const options = { sampler: new AlwaysOnSampler(), spanLimits: LIMITS };
    const spanProcessors = [{ onStart: fault, onEnd: fault }, processor];
    new ForeshockTracerProvider({ ...options, spanProcessors }).getTracer('faults').startSpan('one').end();
    expect(seen).toEqual(['start', 'end']);
  });

  it('survives attributes that throw', () => {
    const { ended, ours } = both();
    const throwing = {
      a: 1,
      get bad(): string {
        throw new Error('mine');
      },
    };
    ours.startSpan('throwing', { attributes: throwing }, where).setAttributes(throwing).end();
    expect(ended.ours[0]!.attributes).toEqual({ a: 1 });
  });

  it('records what a database has failed with without the values in its message', () => {
    const { ended, ours } = both();
    const error = new Error('Entry "alice"');
    privateMessageOf(error);
    const { message } = error;
    for (const exception of [{ message: `no, ${message}` }, `a ${message}`]) {
      const span = ours.startSpan('exception', {}, where);
      span.recordException(exception);
      span.setStatus({ code: SpanStatusCode.ERROR, message: typeof exception === 'string' ? exception : message });
      span.end();
    }
    const recorded = ended.ours.map(({ events }) => events[0]!.attributes!['exception.message']);
    expect(recorded).toEqual(['no, Entr', 'a Entry']);
    expect(ended.ours.map(({ status }) => status.message)).toEqual(['Entry', 'a Entry']);
  });

  it('is active where it was asked to be', () => {
    const { ours } = both();
    expect(ours.startActiveSpan('one', (span) => span.isRecording())).toBe(true);
    expect(ours.startActiveSpan('three', {}, where, (span) => span.spanContext().traceId)).toBe(PARENT.traceId);
    expect(trace.getSpan(context.active())).toBeUndefined();
  });
});

describe('the random flag', () => {
  const tracer = both().ours;
  const flagsBelow = (traceFlags: number): number =>
    tracer.startSpan('child', {}, trace.setSpanContext(ROOT_CONTEXT, { ...PARENT, traceFlags })).spanContext()
      .traceFlags;

  it('is that of the trace, on every span of it', () => {
    const root = tracer.startSpan('root', {}, ROOT_CONTEXT);
    expect(root.spanContext().traceFlags).toBe(3);
    const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root));
    expect(child.spanContext().traceFlags).toBe(3);
    expect([0, 1, 2, 3].map(flagsBelow)).toEqual([0, 1, 2, 3]);
  });

  it('is sent as it is, whatever the context', () => {
    const propagator = new ForeshockPropagator();
    for (const traceFlags of [1, 3]) {
      const span = tracer.startSpan('child', {}, trace.setSpanContext(ROOT_CONTEXT, { ...PARENT, traceFlags }));
      const carrier: Record<string, string> = {};
      propagator.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
      expect(carrier['traceparent']).toMatch(new RegExp(`-0${traceFlags}$`));
    }
  });
});

describe('a ratio', () => {
  const ratio = 0.1;
  const sampler = new TraceIdRatioBasedSampler(ratio);
  const options = { sampler, byTraceId: true, spanLimits: LIMITS, spanProcessors: [] };
  const part = (parentBased: boolean, idOf: (i: number) => string): number => {
    const tracer = new ForeshockTracerProvider({ ...options, parentBased }).getTracer('ratio');
    const propagator = new ForeshockPropagator();
    let sampled = 0;
    for (let i = 1; i <= 2_000; i++) {
      const from = propagator.extract(ROOT_CONTEXT, { 'x-trace-id': idOf(i) }, defaultTextMapGetter);
      sampled += tracer.startSpan('root', {}, from).spanContext().traceFlags & 1;
    }
    return sampled / 2_000;
  };
  const hex = (i: number, digits: number): string => i.toString(16).padStart(digits, '0');

  it.each<[string, (i: number) => string]>([
    ['counters', (i) => hex(i, 32)],
    ['a number twice', (i) => hex(i * 7_919, 16).repeat(2)],
    ['words', (i) => `order-${i}`],
  ])('stays one for %s', (_, idOf) => {
    for (const parentBased of [true, false]) expect(Math.abs(part(parentBased, idOf) - ratio)).toBeLessThan(0.04);
  });

  it('decides for all spans of a trace alike, in every service', () => {
    const tracer = new ForeshockTracerProvider({ ...options, parentBased: false }).getTracer('ratio');
    for (let i = 1; i <= 200; i++) {
      const parent = { traceId: hex(i, 32), spanId: hex(i, 16), traceFlags: 0, isRemote: true };
      const root = tracer.startSpan('root', {}, trace.setSpanContext(ROOT_CONTEXT, parent));
      const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root));
      expect(child.spanContext().traceFlags).toBe(root.spanContext().traceFlags);
    }
  });
});

describe('a provider', () => {
  it('flushes and shuts down its processors, once, and never rejects', async () => {
    const calls: string[] = [];
    const processor = {
      onStart() {},
      onEnd() {},
      forceFlush: async () => void calls.push('flush'),
      shutdown: async () => void calls.push('shutdown'),
    };
    const fault = { ...processor, forceFlush: () => Promise.reject(new Error('fault')) };
    const none = { onStart() {}, onEnd() {} };
    const spanProcessors = [fault, none, processor];
    const provider = new ForeshockTracerProvider({
      sampler: new AlwaysOnSampler(),
      spanLimits: LIMITS,
      spanProcessors,
    });
    await provider.forceFlush();
    expect(provider.shutdown()).toBe(provider.shutdown());
    await provider.shutdown();
    expect(calls).toEqual(['flush', 'shutdown', 'shutdown']);
  });
});
