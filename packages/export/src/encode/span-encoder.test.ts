import { createTraceState, SpanKind, SpanStatusCode, type Attributes, type Link } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { otlpDefinitions } from '@foreshock/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSpan } from '../decode/span.ts';
import { encodeSpan, SpanEncoder } from './span-encoder.ts';
import { MAX_SPAN_BYTES } from './message-writer.ts';
import type { FinishedEvent, FinishedSpan } from '../finished-span.ts';

const Span = otlpDefinitions().lookupType('opentelemetry.proto.trace.v1.Span');
const Request = otlpDefinitions().lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

type Plain = Record<string, any>;

/** Decoded by the official definitions; fields at their default are absent. */
function decode(bytes: Uint8Array): Plain {
  return Span.toObject(Span.decode(bytes), { longs: String, bytes: Array });
}

const bytesOf = (hex: string): number[] => [...Buffer.from(hex, 'hex')];

function nanos([seconds, nanoseconds]: readonly [number, number]): string {
  return (BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)).toString();
}

function span(
  parts: Partial<FinishedSpan> & { traceId?: string; traceState?: string; traceFlags?: number } = {},
): FinishedSpan {
  const { traceId = '0af7651916cd43dd8448eb211c80319c', traceState, traceFlags = 1, ...rest } = parts;
  const spanContext = {
    traceId,
    spanId: 'b7ad6b7169203331',
    traceFlags,
    ...(traceState && { traceState: createTraceState(traceState) }),
  };
  return {
    name: 'GET /orders/:id',
    kind: SpanKind.SERVER,
    spanContext: () => spanContext,
    startTime: [1_763_600_000, 123_456_789],
    endTime: [1_763_600_001, 1],
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
    links: [],
    events: [],
    instrumentationScope: { name: 'test' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...rest,
  };
}

/** What the definitions should read back for a value. */
function anyValue(value: unknown): Plain {
  switch (typeof value) {
    case 'string':
      return { stringValue: value.toWellFormed() };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return value === BigInt.asIntN(64, value) ? { intValue: String(value) } : { stringValue: String(value) };
    case 'number': {
      const int = Number.isInteger(value) && !Object.is(value, -0) && value >= -(2 ** 63) && value < 2 ** 63;
      return int ? { intValue: BigInt(value).toString() } : { doubleValue: value };
    }
    default:
      if (value === null || value === undefined) return {};
      if (value instanceof Uint8Array) return { bytesValue: [...value] };
      if (Array.isArray(value)) return { arrayValue: repeated(value.map(anyValue)) };
      return { kvlistValue: repeated(pairs(value as Attributes)) };
  }
}

const repeated = (values: Plain[]): Plain => (values.length > 0 ? { values } : {});

function pairs(attributes: Attributes): Plain[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key: key.toWellFormed(), value: anyValue(value) }));
}

/** An empty key or text is the default, which the definitions leave out. */
function written(plain: Plain[]): Plain[] {
  return JSON.parse(
    JSON.stringify(plain, (_key, value) =>
      typeof value === 'number' ? `number ${Object.is(value, -0) ? '-0' : value}` : value,
    ),
    (_key, value) => {
      if (value && typeof value === 'object' && value.key === '') delete value.key;
      return value;
    },
  );
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  // Any code units, so lone surrogates too.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
  fc.string({ minLength: 120, maxLength: 140 }),
);
const anyNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, 0, NaN, Infinity, -Infinity, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 2 ** 63, 1e300, 5e-324),
);
const scalar = fc.oneof(
  anyText,
  anyNumber,
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(null, undefined),
);
const { value: nested } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 5, noNullPrototype: false }),
  ),
}));
const anyAttributes = fc.dictionary(anyText, nested, {
  maxKeys: 12,
  noNullPrototype: false,
}) as fc.Arbitrary<Attributes>;
const anyTime = fc.tuple(
  fc.integer({ min: 0, max: 2 ** 34 - 1 }),
  fc.integer({ min: 0, max: 999_999_999 }),
) as fc.Arbitrary<[number, number]>;
const anyId = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'));
const anyCount = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 32 - 1 }));
const anyEvent: fc.Arbitrary<FinishedEvent> = fc.record({
  name: anyText,
  time: anyTime,
  attributes: anyAttributes,
  droppedAttributesCount: anyCount,
});
const anyContext = fc.record({
  traceId: anyId(16),
  spanId: anyId(8),
  traceFlags: fc.integer({ min: 0, max: 255 }),
  isRemote: fc.boolean(),
});
const anyLink: fc.Arbitrary<Link> = fc.record({
  context: anyContext,
  attributes: anyAttributes,
  droppedAttributesCount: anyCount,
});
const anySpan = fc.record({
  name: anyText,
  kind: fc.integer({ min: 0, max: 4 }),
  spanContext: anyContext.map((context) => () => context),
  parentSpanContext: fc.option(anyContext, { nil: undefined }),
  startTime: anyTime,
  endTime: anyTime,
  status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: anyText }),
  attributes: anyAttributes,
  links: fc.array(anyLink, { maxLength: 3 }),
  events: fc.array(anyEvent, { maxLength: 3 }),
  instrumentationScope: fc.constant({ name: 'test' }),
  droppedAttributesCount: anyCount,
  droppedEventsCount: anyCount,
  droppedLinksCount: anyCount,
}) as fc.Arbitrary<FinishedSpan>;

/** Without the fields that are at their default. */
function lean(object: Plain): Plain {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) =>
        value !== '' &&
        value !== 0 &&
        value !== '0' &&
        value !== undefined &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );
}

function expected(it: FinishedSpan): Plain {
  const context = it.spanContext();
  const flags = (traceFlags: number, remote: boolean | undefined): number => traceFlags | 0x100 | (remote ? 0x200 : 0);
  return lean({
    traceId: bytesOf(context.traceId),
    spanId: bytesOf(context.spanId),
    parentSpanId: it.parentSpanContext && bytesOf(it.parentSpanContext.spanId),
    flags: flags(context.traceFlags, it.parentSpanContext?.isRemote),
    name: it.name.toWellFormed(),
    kind: it.kind + 1,
    startTimeUnixNano: nanos(it.startTime),
    endTimeUnixNano: nanos(it.endTime),
    attributes: written(pairs(it.attributes)),
    droppedAttributesCount: it.droppedAttributesCount,
    events: it.events.map((event) =>
      lean({
        timeUnixNano: nanos(event.time),
        name: event.name.toWellFormed(),
        attributes: written(pairs(event.attributes ?? {})),
        droppedAttributesCount: event.droppedAttributesCount,
      }),
    ),
    droppedEventsCount: it.droppedEventsCount,
    links: it.links.map((link) =>
      lean({
        traceId: bytesOf(link.context.traceId),
        spanId: bytesOf(link.context.spanId),
        flags: flags(link.context.traceFlags, link.context.isRemote),
        attributes: written(pairs(link.attributes ?? {})),
        droppedAttributesCount: link.droppedAttributesCount,
      }),
    ),
    droppedLinksCount: it.droppedLinksCount,
    status:
      it.status.code === 0 && !it.status.message
        ? undefined
        : lean({ code: it.status.code, message: it.status.message?.toWellFormed() }),
  });
}

/** The decoded span, in the same form as {@link expected}. */
function received(bytes: Uint8Array): Plain {
  const it = decode(bytes);
  for (const part of [it, ...(it['events'] ?? []), ...(it['links'] ?? [])]) {
    if (part.attributes) part.attributes = written(part.attributes);
  }
  return lean({
    ...it,
    events: it['events']?.map(lean),
    links: it['links']?.map(lean),
    status: it['status'] && lean(it['status']),
  });
}

describe('the encoder', () => {
  it('writes what the official definitions read, for any span', { timeout: 120_000 }, () => {
    const encoder = new SpanEncoder();
    const out = Buffer.from(new SharedArrayBuffer(4 << 20));
    fc.assert(
      fc.property(anySpan, fc.integer({ min: 0, max: 100 }), (it, at) => {
        const end = encoder.encode(it, out, at);
        expect(received(out.subarray(at, end))).toEqual(expected(it));
        // Again, with keys and values now in the caches.
        expect(encoder.encode(it, out, at)).toBe(end);
        expect(received(out.subarray(at, end))).toEqual(expected(it));
      }),
      { numRuns: 250 },
    );
  });

  it('writes the same bytes into any room, or says that there is too little', () => {
    fc.assert(
      fc.property(anySpan, fc.integer({ min: 0, max: 4_000 }), (it, room) => {
        const whole = Buffer.from(encodeSpan(it));
        const out = Buffer.alloc(room, 0xee);
        const encoder = new SpanEncoder();
        const end = encoder.encode(it, out, 0);
        // It wants a little more than it takes, to look beyond the end of a text.
        if (end === -1) expect(whole.length + 32).toBeGreaterThan(room);
        else expect(out.subarray(0, end).equals(whole)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });

  it('is read back by our own decoder as the official JSON mapping has it', () => {
    fc.assert(
      fc.property(anySpan, (it) => {
        const bytes = encodeSpan(it);
        const ours = readSpan(Buffer.from(bytes));
        const official = Span.toObject(Span.decode(bytes), {
          longs: String,
          bytes: String,
          json: true,
          defaults: false,
        });
        expect({
          ...ours,
          attributes: ours.attributes.length,
          events: ours.events.length,
          links: ours.links.length,
        }).toMatchObject({
          traceId: Buffer.from(official['traceId'], 'base64').toString('hex'),
          spanId: Buffer.from(official['spanId'], 'base64').toString('hex'),
          name: official['name'] ?? '',
          kind: official['kind'],
          startTimeUnixNano: official['startTimeUnixNano'] ?? '0',
          endTimeUnixNano: official['endTimeUnixNano'] ?? '0',
          flags: official['flags'],
          attributes: official['attributes']?.length ?? 0,
          events: official['events']?.length ?? 0,
          links: official['links']?.length ?? 0,
        });
        expect(ours.attributes).toEqual((official['attributes'] ?? []).map(jsonPair));
      }),
      { numRuns: 200 },
    );
  });

  it("says the same as upstream's serializer about spans of the SDK", () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const tracer = provider.getTracer('parity', '1.2.3');
    const it = tracer.startSpan('parity', {
      kind: SpanKind.CLIENT,
      attributes: {
        text: 'é€😀',
        int: 42,
        negative: -1,
        big: 2 ** 53,
        double: 1.5,
        yes: true,
        list: ['a', 'b'],
        none: [],
        mixed: [1, 2.5],
        nested: { a: [null] },
      },
      links: [
        {
          context: {
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            traceFlags: 1,
            isRemote: true,
          },
          attributes: { why: 'holder' },
        },
      ],
    });
    it.addEvent('first', { peak: 3 });
    it.addEvent('second');
    it.setStatus({ code: SpanStatusCode.ERROR, message: 'no connection' });
    it.end();
    const ended: ReadableSpan[] = exporter.getFinishedSpans();
    const defaults = { longs: String, bytes: Array, defaults: true };
    const [theirs] = Request.toObject(Request.decode(ProtobufTraceSerializer.serializeRequest(ended)!), defaults)[
      'resourceSpans'
    ][0].scopeSpans[0].spans;
    // The type of SDK 3.x's `ReadableSpan` fits without a cast; 2.x has the same members.
    const ours = Span.toObject(Span.decode(encodeSpan(ended[0]!)), defaults);
    expect(ours).toEqual(theirs);
  });

  it('writes the kind, the flags and the trace state as the proto wants them', () => {
    const parentSpanContext = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
      isRemote: true,
    };
    expect(
      decode(encodeSpan(span({ kind: SpanKind.INTERNAL, traceFlags: 3, traceState: 'a=1,b=2', parentSpanContext }))),
    ).toEqual({
      traceId: bytesOf('0af7651916cd43dd8448eb211c80319c'),
      spanId: bytesOf('b7ad6b7169203331'),
      parentSpanId: bytesOf('00f067aa0ba902b7'),
      traceState: 'a=1,b=2',
      name: 'GET /orders/:id',
      kind: 1,
      startTimeUnixNano: '1763600000123456789',
      endTimeUnixNano: '1763600001000000001',
      flags: 0x303,
    });
  });
});

/** A pair as protobufjs writes JSON, as the official mapping has it: it knows int64 and bytes, not -0. */
function jsonPair({ key, value }: Plain): Plain {
  return { key: key ?? '', value: jsonValue(value) };
}

function jsonValue(value: Plain): Plain {
  if (value['arrayValue']) return { arrayValue: { values: (value['arrayValue'].values ?? []).map(jsonValue) } };
  if (value['kvlistValue']) return { kvlistValue: { values: (value['kvlistValue'].values ?? []).map(jsonPair) } };
  if (Object.is(value['doubleValue'], -0)) return { doubleValue: '-0' };
  return value;
}

describe('what a span cannot carry', () => {
  /** Attributes and drop count of a span with these attributes. */
  function sent(attributes: Record<string, unknown>): { keys: string[]; dropped: number; bytes: number } {
    const bytes = encodeSpan(span({ attributes: attributes as Attributes }));
    const it = decode(bytes);
    return {
      keys: (it['attributes'] ?? []).map(({ key }: Plain) => key),
      dropped: it['droppedAttributesCount'] ?? 0,
      bytes: bytes.length,
    };
  }

  it('leaves out cyclic, throwing and impossible values, and counts them', () => {
    const cyclic: Record<string, unknown> = { a: 1 };
    cyclic['self'] = cyclic;
    const bushy: unknown[] = [];
    for (let i = 0; i < 8; i++) bushy.push(bushy);
    const throwing = Object.defineProperty({}, 'boom', {
      enumerable: true,
      get() {
        throw new Error('boom');
      },
    });
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no keys');
        },
      },
    );
    expect(
      sent({
        before: 1,
        cyclic,
        bushy,
        throwing,
        hostile,
        fn: () => 1,
        symbol: Symbol('s'),
        absent: undefined,
        sparse: Array.from({ length: 3 }),
        after: 'ok',
      }),
    ).toMatchObject({ keys: ['before', 'sparse', 'after'], dropped: 6 });
  });

  it('survives attributes that cannot be read at all', () => {
    const attributes = Object.defineProperty({ before: 1 } as Attributes, 'trap', {
      enumerable: true,
      get() {
        throw new Error('trap');
      },
    });
    attributes['after'] = 2;
    expect(sent(attributes)).toMatchObject({ keys: ['before', 'after'], dropped: 1 });
    const listless = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no keys');
        },
      },
    );
    expect(sent(listless)).toMatchObject({ keys: [], dropped: 1 });
  });

  it('takes one value of nearly 1 MB, and leaves out what does not fit beside it', () => {
    const megabyte = 'x'.repeat(1_000_000);
    const got = sent({ first: megabyte, second: megabyte, third: `é${megabyte}`, fourth: [megabyte], last: 'ok' });
    expect(got).toMatchObject({ keys: ['first', 'last'], dropped: 3 });
    expect(got.bytes).toBeLessThan(MAX_SPAN_BYTES);
    expect(sent({ wide: 'é'.repeat(600_000), last: 'ok' })).toMatchObject({ keys: ['last'], dropped: 1 });
  });

  it('takes 10,000 attributes, and of 10,000 large ones those that fit', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key.${i}`, `value ${i}`]));
    expect(sent(many)).toMatchObject({ keys: Object.keys(many), dropped: 0 });
    const large = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key.${i}`, 'v'.repeat(10_000)]));
    const got = sent(large);
    expect(got.keys.length + got.dropped).toBe(10_000);
    expect(got.keys.length).toBe(104);
  });

  it('ends an array of 4 billion holes at the size of a span', () => {
    const holes: unknown[] = [];
    holes.length = 2 ** 32 - 1;
    expect(sent({ holes, after: 1 })).toMatchObject({ keys: ['after'], dropped: 1 });
  });

  it('cuts endless names and messages, and keeps the rest', () => {
    const it = decode(
      encodeSpan(
        span({
          name: 'n'.repeat(1_000_000),
          status: { code: SpanStatusCode.ERROR, message: '€'.repeat(1_000_000) },
          attributes: { kept: true },
          events: [{ name: 'e'.repeat(1_000_000), time: [1, 2] }],
        }),
      ),
    );
    expect(it['name']).toHaveLength(16_384);
    expect(it['status'].message).toHaveLength(16_384);
    expect(it['events'][0].name).toHaveLength(16_384);
    expect(it['attributes']).toEqual([{ key: 'kept', value: { boolValue: true } }]);
  });

  it('counts events and links that do not fit', () => {
    const events = Array.from({ length: 200 }, (): FinishedEvent => ({ name: 'e'.repeat(10_000), time: [1, 2] }));
    const it = decode(encodeSpan(span({ events, droppedEventsCount: 5 })));
    expect(it['events']).toHaveLength(104);
    expect(it['droppedEventsCount']).toBe(96 + 5);
  });

  it('writes the same with full caches, with emptied ones and past them', () => {
    const encoder = new SpanEncoder();
    const out = Buffer.alloc(2 << 20);
    for (let i = 0; i < 5_000; i++) {
      const attributes = { [`key ${i}`]: `value ${i}`, steady: `value ${i}`, same: 'same' };
      const end = encoder.encode(span({ attributes }), out, 0);
      expect(decode(out.subarray(0, end))['attributes']).toEqual(pairs(attributes));
    }
  });
});
