import { ROOT_CONTEXT, SpanKind, trace, type Attributes, type SpanContext } from '@opentelemetry/api';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
import { encodeSpan, type FinishedSpan } from '@foreshock/export';
import { addCommon, CommonAttributes, startSpan } from '@foreshock/kit';
import { otlpDefinitions } from '@foreshock/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RecordedSpan } from './span.ts';
import { ForeshockTracerProvider } from './tracer.ts';

const Span = otlpDefinitions().lookupType('opentelemetry.proto.trace.v1.Span');

const ended: RecordedSpan[] = [];
const COUNT = 6;
const LENGTH = 5;
const tracer = new ForeshockTracerProvider({
  sampler: new AlwaysOnSampler(),
  parentBased: true,
  spanProcessors: [{ onStart() {}, onEnd: (span) => void ended.push(span) }],
  spanLimits: {
    attributeCountLimit: COUNT,
    attributeValueLengthLimit: LENGTH,
    eventCountLimit: 2,
    linkCountLimit: 2,
    attributePerEventCountLimit: 2,
    attributePerLinkCountLimit: 2,
  },
}).getTracer('encoding');

/** A span as any tracer's: without what the encoder reads of ours only. */
function plain(span: RecordedSpan): FinishedSpan {
  const { name, kind, parentSpanContext, startTime, endTime, status, attributes, links, events } = span;
  const { instrumentationScope, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span;
  return {
    name,
    kind,
    parentSpanContext,
    startTime,
    endTime,
    status,
    attributes,
    links,
    events,
    instrumentationScope,
    droppedAttributesCount,
    droppedEventsCount,
    droppedLinksCount,
    spanContext: () => span.spanContext(),
  };
}

/** Decoded by the official definitions; the order of attributes means nothing. */
function decode(span: FinishedSpan): Record<string, any> {
  const read = Span.toObject(Span.decode(encodeSpan(span)), { longs: String, bytes: String });
  read['attributes']?.sort((a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1));
  return read;
}

/** As in a library: one object for many spans, some of them encoded before. */
const commons = [
  new CommonAttributes({ a: 'text', b: 1 }),
  new CommonAttributes({ c: true }),
  new CommonAttributes({ d: 'longer than the limit', e: 2.5 }),
];

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((text) => /[^0]/.test(text));
const value = fc.oneof(fc.string({ maxLength: 8 }), fc.double(), fc.nat(), fc.boolean(), fc.array(fc.nat()));
const attributes = fc.dictionary(fc.constantFrom('x', 'y', 'z', ''), value);
const parent: fc.Arbitrary<SpanContext> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceFlags: fc.constant(1),
  isRemote: fc.boolean(),
});
const later = fc.array(fc.tuple(fc.constantFrom('a', 'c', 'e', 'x', 'y', 'w', 'v'), value), { maxLength: 6 });

it('is the same whether the encoder reads what is recorded or what any span shows', () => {
  fc.assert(
    fc.property(
      fc.option(parent),
      attributes,
      fc.subarray([0, 1, 2]),
      later,
      fc.double({ min: 1, max: 4e12, noNaN: true }),
      (above, given, some, sets, startTime) => {
        ended.length = 0;
        const where = above ? trace.setSpanContext(ROOT_CONTEXT, above) : ROOT_CONTEXT;
        const [first, ...more] = some.map((index) => commons[index]!);
        const top = startSpan(
          tracer,
          'top',
          { kind: SpanKind.CLIENT, attributes: { ...given } as Attributes, common: first, startTime },
          where,
        );
        for (const common of more) addCommon(top, common);
        for (const [key, set] of sets) top.setAttribute(key, set);
        tracer.startSpan('below', { attributes: given as Attributes }, trace.setSpan(where, top)).end();
        top.end();
        for (const span of ended) expect(decode(span)).toEqual(decode(plain(span)));
        const [below, outer] = ended.map(decode) as [Record<string, any>, Record<string, any>];
        expect([below['traceId'], below['parentSpanId']]).toEqual([outer['traceId'], outer['spanId']]);
      },
    ),
    { numRuns: 2_000 },
  );
});

it('keeps the limits, and what was set last', () => {
  ended.length = 0;
  const start = { kind: SpanKind.CLIENT, attributes: { x: 'x' }, common: commons[0] };
  const span = startSpan(tracer, 'limited', start, ROOT_CONTEXT) as RecordedSpan;
  addCommon(span, commons[2]!);
  span.setAttributes({ b: 7, x: 'another', y: 'y', late: 'too many' }).end();
  const kept = { a: 'text', b: 7, d: 'longe', e: 2.5, x: 'anoth', y: 'y' };
  expect([span.attributes, span.droppedAttributesCount]).toEqual([kept, 1]);
  expect(Object.keys(kept).map((key) => span.attribute(key))).toEqual(Object.values(kept));
  expect(span.attribute('late')).toBeUndefined();
  expect(commons[0]!.values).toEqual({ a: 'text', b: 1 });
});
