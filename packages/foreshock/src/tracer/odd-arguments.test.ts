// Whatever is passed to the API: where the SDK survives, ours says the same; where the SDK throws, ours does not.
import { diag, ROOT_CONTEXT, trace, type Span, type Tracer } from '@opentelemetry/api';
import { AlwaysOnSampler, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { encodeSpan } from '@foreshock/export';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RecordedSpan } from './span.ts';
import { ForeshockTracerProvider } from './tracer.ts';

const spanLimits = {
  attributeCountLimit: 4,
  attributeValueLengthLimit: 5,
  eventCountLimit: 3,
  linkCountLimit: 2,
  attributePerEventCountLimit: 2,
  attributePerLinkCountLimit: 2,
};
const ended = { sdk: [] as ReadableSpan[], ours: [] as RecordedSpan[] };
const keep = (into: unknown[]) => ({
  onStart() {},
  onEnd: (span: unknown) => void into.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
});
const sampler = new AlwaysOnSampler();
const tracers: Record<'sdk' | 'ours', Tracer> = {
  sdk: new TracerProvider({ sampler, spanLimits, spanProcessors: [keep(ended.sdk)] }).getTracer('odd'),
  ours: new ForeshockTracerProvider({ sampler, spanLimits, spanProcessors: [keep(ended.ours)] }).getTracer('odd'),
};

// A logger of the application's that throws must not throw through us.
const throwing = (): never => {
  throw new Error('logger');
};
beforeAll(() => {
  diag.setLogger({ error: throwing, warn: throwing, info: throwing, debug: throwing, verbose: throwing });
  diag.disable();
});
afterAll(() => diag.disable());

const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
const throws = {
  get message(): string {
    throw new Error('mine');
  },
};
Object.defineProperty(throws, fc.toStringMethod, { value: () => 'throws' });
const ODD = [
  undefined,
  null,
  true,
  false,
  0,
  -1,
  5,
  1.5,
  NaN,
  Infinity,
  -Infinity,
  1e300,
  12n,
  '',
  'x',
  'long text here',
  Symbol('s'),
  () => 1,
  [],
  [1],
  [1, 2],
  [1, 2, 3],
  [1_700_000_000, 5],
  [NaN, 1],
  ['a', 'bbbbbbbb'],
  [1, 'a', null],
  [null],
  [[1]],
  {},
  { a: 1 },
  { k: 'vvvvvvvv', n: { deep: ['x'] } },
  { attributes: null },
  { code: 2 },
  { code: 2, message: 5 },
  { code: 'E', name: 5, message: {} },
  { context: parent },
  { context: parent, attributes: { a: 1, b: [1, 'x'], c: { d: 1 } } },
  new Date(5_000),
  new Date(NaN),
  new Error('boom'),
  new Map([['a', 1]]),
  new Uint8Array([1, 2, 3, 4, 5, 6, 7]),
  Object.create({ inherited: 1 }),
  Object.create(null),
  cyclic,
  throws,
];
const odd = fc.constantFrom<any>(...ODD);
const attributes = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', ''), odd, {
  maxKeys: 6,
  noNullPrototype: true,
});
const anything = fc.oneof(odd, attributes);

type Call = readonly [method: keyof Span, ...args: any[]];
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(fc.constant('setAttribute' as const), fc.oneof(fc.constantFrom('a', 'b', 'f'), odd), anything),
  fc.tuple(fc.constant('setAttributes' as const), anything),
  fc.tuple(fc.constant('addEvent' as const), odd, anything, odd),
  fc.tuple(fc.constant('addLink' as const), anything),
  fc.tuple(fc.constant('addLinks' as const), fc.oneof(odd, fc.array(anything, { maxLength: 3 }))),
  fc.tuple(fc.constant('setStatus' as const), anything),
  fc.tuple(fc.constant('updateName' as const), odd),
  fc.tuple(fc.constant('recordException' as const), anything, odd),
  fc.tuple(fc.constant('end' as const), odd),
);
const start = fc.tuple(
  odd,
  fc.oneof(
    odd,
    fc.record(
      {
        attributes: anything,
        // Not bytes: the SDK's span then has bytes for links.
        links: fc.oneof(
          odd.filter((value) => !(value instanceof Uint8Array)),
          fc.array(anything, { maxLength: 3 }),
        ),
        startTime: odd,
        kind: odd,
        root: odd,
      },
      { requiredKeys: [] },
    ),
  ),
  fc.oneof(odd, fc.constant(trace.setSpanContext(ROOT_CONTEXT, parent))),
);

function attempt<T>(run: () => T): { value: T } | undefined {
  try {
    return { value: run() };
  } catch {
    return undefined;
  }
}

/** Identifiers and times aside; a time the SDK could read is compared by itself. */
function read(span: ReadableSpan | RecordedSpan) {
  return {
    name: span.name,
    kind: span.kind,
    parent: span.parentSpanContext,
    status: { ...span.status },
    attributes: { ...span.attributes },
    links: span.links.map((link) => [link.context, { ...link.attributes }, link.droppedAttributesCount ?? 0]),
    events: span.events.map((event) => [event.name, { ...event.attributes }, event.droppedAttributesCount ?? 0]),
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
  };
}

const isUsable = ([s, ns]: readonly number[]): boolean => s! >= 0 && s! < 1.8e10 && ns! >= 0 && ns! < 1e9;
/** Milliseconds apart, of a time that was read from a clock twice. */
const apart = (a: readonly number[], b: readonly number[]): number =>
  Math.abs((a[0]! - b[0]!) * 1e3 + (a[1]! - b[1]!) / 1e6);

it('reads odd arguments as the SDK does, and never throws', () => {
  let compared = 0;
  fc.assert(
    fc.property(start, fc.array(call, { maxLength: 6 }), ([name, options, where], calls) => {
      ended.sdk.length = ended.ours.length = 0;
      const ours = tracers.ours.startSpan(name, options, where);
      const sdk = attempt(() => tracers.sdk.startSpan(name, options, where))?.value;
      let isComparable = sdk !== undefined;
      for (const [method, ...args] of calls) {
        (ours[method] as (...given: any[]) => unknown)(...args);
        if (!sdk) continue;
        // The SDK keeps it, and counts it; no exporter sees it.
        if (method === 'setAttribute' && typeof args[0] === 'symbol') isComparable = false;
        if (!attempt(() => (sdk[method] as (...given: any[]) => unknown)(...args))) isComparable = false;
      }
      ours.end();
      expect(ended.ours).toHaveLength(ours.isRecording() ? 0 : ended.ours.length);
      for (const span of ended.ours) {
        expect([span.startTime, span.endTime].map(isUsable)).toEqual([true, true]);
        expect(span.events.every((event) => isUsable(event.time))).toBe(true);
        attempt(() => encodeSpan(span));
      }
      if (!isComparable || !attempt(() => sdk!.end())) return;
      compared++;
      expect(ended.ours.map(read)).toEqual(ended.sdk.map(read));
      for (const [i, theirs] of ended.sdk.entries()) {
        const mine = ended.ours[i]!;
        // Before 1970 and after 2500 the protocol has no time: there ours takes now.
        if (isUsable(theirs.startTime)) expect(apart(theirs.startTime, mine.startTime)).toBeLessThan(1_000);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(compared).toBeGreaterThan(400);
});

it('runs what is to be active as the SDK does', () => {
  for (const args of [
    [],
    [() => 1],
    [{}, () => 2],
    [null, () => 3],
    [{}, null, () => 4],
    [{}, {}, () => 5],
    [5, 5, () => 6, 7],
  ]) {
    const run = (tracer: Tracer) =>
      attempt(() => (tracer.startActiveSpan as (...given: any[]) => unknown)('name', ...args));
    const theirs = run(tracers.sdk);
    const mine = run(tracers.ours);
    expect(theirs === undefined || mine?.value === theirs.value).toBe(true);
  }
});

it('survives a revoked proxy', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const span = tracers.ours.startSpan('odd', { startTime: proxy, attributes: proxy, links: proxy } as object);
  span
    .setAttribute('a', proxy as never)
    .setAttributes(proxy)
    .addEvent('e', proxy)
    .addEvent('e', {}, proxy as never);
  span
    .setStatus(proxy as never)
    .addLink(proxy as never)
    .recordException(proxy as never, proxy as never);
  span.end(proxy as never);
  expect(span.isRecording()).toBe(false);
});

it('is a listener for any event', () => {
  ended.ours.length = 0;
  for (const given of ODD) tracers.ours.startSpan('listener').end(given as never);
  expect(ended.ours).toHaveLength(ODD.length);
});
