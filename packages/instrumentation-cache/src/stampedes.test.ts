import { context, ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';
import { recordSpans, type Recorded } from '@foreshock/testkit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Stampedes } from './stampedes.ts';

const nothing = { enable() {}, disable() {}, setTracerProvider() {}, setMeterProvider() {} };
let recorded: Recorded;
let reported: string[];
let stampedes: Stampedes;

beforeEach(() => {
  vi.useFakeTimers();
  recorded = recordSpans(nothing);
  reported = [];
  stampedes = new Stampedes(
    5,
    () => recorded.tracerProvider.getTracer('stampedes'),
    (cache) => void reported.push(cache),
  );
});
afterEach(() => {
  stampedes.stop();
  recorded.stop();
  vi.useRealTimers();
});

function caller(name: string): { span: Span; where: Context } {
  const span = recorded.tracerProvider.getTracer('test').startSpan(name, {}, ROOT_CONTEXT);
  return { span, where: trace.setSpan(ROOT_CONTEXT, span) };
}

/** By default it takes a moment, without overlapping lookups. */
function miss(id: string, where: Context, { coalesced = false, since = stampedes.misses, took = 1 } = {}): void {
  vi.advanceTimersByTime(took);
  stampedes.missed({ id, cache: 'profiles', shape: () => 'user:*', where, since, coalesced });
}

it('adds one event when the key is filled, with how many missed it and for how long', () => {
  const callers = Array.from({ length: 7 }, (_, i) => caller(`caller ${i}`));
  for (const { where } of callers) {
    miss('user:1', where);
    vi.advanceTimersByTime(10);
  }
  expect(stampedes.open).toBe(true);
  stampedes.filled('user:1', callers[3]!.where);
  stampedes.filled('user:1', callers[4]!.where);
  expect(stampedes.open).toBe(false);
  vi.advanceTimersByTime(5_000);
  callers.forEach(({ span }) => span.end());
  expect(reported).toEqual(['profiles']);
  const events = recorded
    .spans()
    .flatMap((span) => span.events.map((event) => [span.name, event.name, event.attributes]));
  expect(events).toEqual([
    [
      'caller 3',
      'cache.stampede',
      {
        'cache.name': 'profiles',
        'cache.key': 'user:*',
        'cache.stampede.callers': 7,
        'cache.stampede.duration_ms': 66,
        'cache.coalesced': false,
      },
    ],
  ]);
});

it('reports it after a while when a library has one of them load it: on a caller that is still there', () => {
  const callers = Array.from({ length: 5 }, (_, i) => caller(`caller ${i}`));
  callers.forEach(({ where }, i) => miss('user:1', where, { coalesced: i > 0 }));
  callers.slice(0, 3).forEach(({ span }) => span.end());
  vi.advanceTimersByTime(1_000);
  callers.slice(3).forEach(({ span }) => span.end());
  const spans = recorded.spans();
  expect(spans.map((span) => [span.name, span.events.length])).toEqual([
    ['caller 0', 0],
    ['caller 1', 0],
    ['caller 2', 0],
    ['caller 3', 1],
    ['caller 4', 0],
  ]);
  expect(spans[3]!.events[0]!.attributes).toMatchObject({ 'cache.stampede.callers': 5, 'cache.coalesced': true });
});

it('is a span in the trace of the first when all have ended', () => {
  const callers = Array.from({ length: 5 }, (_, i) => caller(`caller ${i}`));
  for (const { where } of callers) {
    miss('user:1', where);
    vi.advanceTimersByTime(10);
  }
  callers.forEach(({ span }) => span.end());
  // The answer was sent, and then the key put.
  stampedes.filled('user:1', callers[2]!.where);
  const spans = recorded.spans();
  expect(spans).toHaveLength(6);
  expect(spans[5]).toMatchObject({
    name: 'cache.stampede user:*',
    kind: 'INTERNAL',
    traceId: spans[0]!.traceId,
    parentSpanId: spans[0]!.spanId,
    durationMs: 44,
    attributes: { 'cache.stampede.callers': 5, 'cache.stampede.duration_ms': 44 },
  });
});

it('waits for callers who take long to fill it', () => {
  const callers = Array.from({ length: 5 }, (_, i) => caller(`caller ${i}`));
  for (const { where } of callers) miss('user:1', where);
  vi.advanceTimersByTime(20_000);
  stampedes.filled('user:1', callers[4]!.where);
  expect(reported).toEqual(['profiles']);
  for (const { where } of callers) miss('user:1', where);
  vi.advanceTimersByTime(100_000);
  expect(stampedes.open).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
  callers.forEach(({ span }) => span.end());
  expect(reported).toHaveLength(1);
});

it('is none when it is not filled, or filled elsewhere, however many look together', () => {
  const callers = Array.from({ length: 9 }, (_, i) => caller(`caller ${i}`));
  for (const { where } of callers) miss('flag:off', where);
  for (const { where } of callers) miss('result:1', where);
  stampedes.filled('result:1', caller('worker').where);
  stampedes.filled('result:1', callers[0]!.where);
  vi.advanceTimersByTime(5_000);
  callers.forEach(({ span }) => span.end());
  vi.advanceTimersByTime(5_000);
  expect(reported).toEqual([]);
  expect(stampedes.open).toBe(false);
});

it('is none with fewer callers, with one that looks again and again, or spread over time', () => {
  const callers = Array.from({ length: 8 }, (_, i) => caller(`caller ${i}`));
  for (const { where } of callers.slice(0, 4)) miss('few', where);
  for (let i = 0; i < 50; i++) miss('again', callers[0]!.where);
  for (const { where } of callers) {
    miss('slow', where);
    vi.advanceTimersByTime(400);
  }
  vi.advanceTimersByTime(2_000);
  callers.forEach(({ span }) => span.end());
  expect(reported).toEqual([]);
  expect(recorded.spans()).toHaveLength(8);
});

it('is none when they come one after the other, however many, for a key that is never there', () => {
  for (let i = 0; i < 150; i++) {
    const { span, where } = caller(`caller ${i}`);
    miss('absent', where);
    miss('absent', where, { since: stampedes.misses - 1 });
    span.end();
  }
  vi.advanceTimersByTime(2_000);
  expect(reported).toEqual([]);
});

it('distinguishes callers that look at the same time, in one span or in none', () => {
  const { span, where } = caller('caller');
  for (const nobody of [ROOT_CONTEXT, where]) {
    // One after the other: a loop.
    for (let i = 0; i < 50; i++) miss('loop', nobody);
    vi.advanceTimersByTime(2_000);
    expect(reported).toEqual([]);
  }
  const since = stampedes.misses;
  for (let i = 0; i < 6; i++) miss('user:1', ROOT_CONTEXT, { since });
  for (let i = 0; i < 7; i++) miss('user:2', where, { since });
  for (let i = 0; i < 8; i++) miss('user:3', where, { coalesced: i > 0 });
  stampedes.filled('user:1', ROOT_CONTEXT);
  stampedes.filled('user:2', where);
  vi.advanceTimersByTime(2_000);
  span.end();
  const [own, traced] = recorded.spans();
  expect(own).toMatchObject({ parentSpanId: '', attributes: { 'cache.stampede.callers': 6 } });
  expect(traced!.events.map(({ attributes }) => attributes['cache.stampede.callers'])).toEqual([7, 8]);
});

it('has room for so many keys and no more, and again once they are old', () => {
  const callers = Array.from({ length: 5 }, (_, i) => caller(`caller ${i}`));
  for (let key = 0; key < 10_000; key++) for (const { where } of callers) miss(`user:${key}`, where, { took: 0 });
  for (let key = 0; key < 10_000; key++) stampedes.filled(`user:${key}`, callers[0]!.where);
  expect(reported).toHaveLength(500);
  expect(stampedes.open).toBe(false);
  for (const { where } of callers) miss('user:1', where);
  stampedes.filled('user:1', callers[0]!.where);
  vi.advanceTimersByTime(1_000);
  expect(reported).toHaveLength(501);
  expect(vi.getTimerCount()).toBe(0);
});

it('counts on when there are more callers than it remembers', () => {
  for (let i = 0; i < 300; i++) miss('user:1', caller(`caller ${i}`).where);
  context.with(ROOT_CONTEXT, () => stampedes.filled('user:1', ROOT_CONTEXT));
  expect(reported).toEqual(['profiles']);
});
