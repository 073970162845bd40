import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Telemetry } from '@foreshock/kit';
import { isSuppressed } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';
import { recordSpans } from '@foreshock/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openQueue } from './boundary.ts';
import type { Message, QueueEvents, Send } from './events.ts';

propagation.setGlobalPropagator(new ForeshockPropagator());
const nothing = { enable() {}, disable() {}, setTracerProvider() {}, setMeterProvider() {} };
const recorded = recordSpans(nothing);
afterAll(() => recorded.stop());

let upstreamIsActive = false;
const telemetry: Telemetry = {
  library: 'toy',
  get tracer() {
    return recorded.tracerProvider.getTracer('queue');
  },
  get upstreamIsActive() {
    return upstreamIsActive;
  },
  useMeter() {},
};
const queue: QueueEvents = openQueue(telemetry);
beforeEach(() => {
  upstreamIsActive = false;
  recorded.clear();
});

const sending = { system: 'toy', destination: 'emails', operation: 'send', count: 1 };
const send = (count = 1): Send => {
  const sent = queue.send({ ...sending, count })!;
  sent.sent();
  return sent;
};
const process = (...messages: Message[]): ReturnType<typeof recorded.spans>[number] => {
  queue.process({ system: 'toy', destination: 'emails', messages })!.succeeded();
  return recorded.spans().at(-1)!;
};
const sender = (index = 0) => recorded.spans()[index]!;

describe('the handling of a message', () => {
  it('is part of the trace of its sender', () => {
    const { carrier } = send();
    expect(process({ carrier })).toMatchObject({
      traceId: sender().traceId,
      parentSpanId: sender().spanId,
      links: [],
    });
  });

  it.each<[string, Message]>([
    ['sent for later than in a minute', { delayMs: 60_001 }],
    ['of a series', { repeated: true }],
  ])('is a trace of its own with a link: %s', (_, message) => {
    const { carrier } = send();
    const span = process({ ...message, carrier });
    expect(span).toMatchObject({
      parentSpanId: '',
      links: [{ traceId: sender().traceId, spanId: sender().spanId, attributes: {} }],
    });
    expect(span.traceId).not.toBe(sender().traceId);
  });

  it('is part of the trace after a delay of a minute, however long it waited', () => {
    const { carrier } = send();
    expect(process({ carrier, delayMs: 60_000, waitMs: 9_000_000 }).parentSpanId).toBe(sender().spanId);
  });

  it('is a trace of its own when it was sent with more than a hundred others', () => {
    const { carrier: few } = send(100);
    expect(process({ carrier: few }).parentSpanId).toBe(sender().spanId);
    recorded.clear();
    const { carrier: many } = send(101);
    expect(process({ carrier: many })).toMatchObject({ parentSpanId: '', links: [{ spanId: sender().spanId }] });
  });

  it('is a trace of its own beyond the hundredth message of one request or handler, whatever spans are between', () => {
    const carriers = recorded.inSpan('request', () =>
      Array.from({ length: 1_000 }, () => recorded.inSpan('each', () => send().carrier)),
    );
    recorded.clear();
    const apart = carriers.map((carrier) => process({ carrier }).parentSpanId === '');
    expect(apart).toEqual(Array.from({ length: 1_000 }, (_, index) => index >= 100));
    expect(recorded.spans().every(({ parentSpanId, links }) => links.length === (parentSpanId === '' ? 1 : 0))).toBe(
      true,
    );
    // A handler begins to count anew.
    const processing = queue.process({ system: 'toy', destination: 'emails', messages: [{ carrier: carriers[0] }] })!;
    const next = processing.run(() => send().carrier, undefined, []);
    processing.succeeded();
    expect(process({ carrier: next }).parentSpanId).not.toBe('');
  });

  it.each([
    ['after 32 hops', 'a handler', [32, 65, 98]],
    // Nothing of ours goes through HTTP: there, messages of the trace are counted.
    ['after 100 messages', 'a request that its handler makes', [101, 202]],
  ])('is a trace of its own %s, with a link to the one before: sent by %s', (_, by, expected) => {
    let { carrier } = send();
    for (let i = 0; i < expected.at(-1)! + 2; i++) {
      const processing = queue.process({ system: 'toy', destination: 'emails', messages: [{ carrier }] })!;
      carrier = processing.run(
        () => {
          if (by === 'a handler') return send().carrier;
          // What an HTTP server makes of the request: the trace, and nothing else of ours.
          const request = trace.setSpan(ROOT_CONTEXT, trace.getActiveSpan()!);
          return context.with(request, () => recorded.inSpan('POST /', () => send().carrier));
        },
        undefined,
        [],
      );
      processing.succeeded();
    }
    const spans = recorded.spans().filter(({ name }) => name === 'process emails');
    const begun = spans.flatMap(({ parentSpanId }, index) => (parentSpanId === '' ? [index] : []));
    expect(begun).toEqual(expected);
    for (const index of begun) expect(spans[index]!.links).toMatchObject([{ traceId: spans[index - 1]!.traceId }]);
  });

  it('is a trace of its own ten minutes after its trace began, whatever wrote when that was', () => {
    const { carrier } = send();
    const since = (ms: number): Message => ({ carrier: { ...carrier, 'foreshock-trace': `2;${Date.now() - ms}` } });
    const own = (message: Message): boolean => process(message).parentSpanId === '';
    expect([since(590_000), since(610_000), since(-3_600_000)].map(own)).toEqual([false, true, false]);
    const { 'foreshock-trace': _, ...foreign } = carrier!;
    const sentAgo = (ms: number): Message => ({ carrier: foreign, sentAt: Date.now() - ms });
    expect([sentAgo(590_000), sentAgo(7 * 86_400_000), sentAgo(-3_600_000)].map(own)).toEqual([false, true, false]);
    const garbage = ['', '1', '1;', 'x;y', '1;2;3', '9'.repeat(500), 7].map((value) =>
      own({ carrier: { ...carrier, 'foreshock-trace': value } }),
    );
    expect(garbage).not.toContain(true);
  });

  it('takes the age of the trace from the span that sends, for a timer that goes on long after its request', () => {
    const span = recorded.tracerProvider.getTracer('test').startSpan('request', { startTime: Date.now() - 700_000 });
    span.end();
    const { carrier } = context.with(trace.setSpan(ROOT_CONTEXT, span), () => send());
    expect(process({ carrier })).toMatchObject({ parentSpanId: '', links: [{ traceId: span.spanContext().traceId }] });
  });

  it('is no part of the attempt that sent it', () => {
    const entries = { 'retry.upstream_attempts': { value: '2' } };
    const tenant = { ...entries, tenant: { value: 'blue' } };
    const carriers = [entries, tenant].map((each) => {
      const where = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(each));
      return context.with(where, () => send().carrier);
    });
    expect(carriers.map((carrier) => carrier?.['baggage'])).toEqual([undefined, 'tenant=blue']);
    const processing = queue.process({
      system: 'toy',
      destination: 'emails',
      messages: [{ carrier: { ...carriers[1], baggage: 'tenant=blue,retry.upstream_attempts=2' } }],
    })!;
    const inside = processing.run(() => propagation.getActiveBaggage()?.getAllEntries(), undefined, []);
    processing.succeeded();
    expect(inside?.map(([key]) => key)).toEqual(['tenant']);
  });

  it('keeps what travels beside the trace, also in a trace of its own', () => {
    const where = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ tenant: { value: 'blue' } }));
    const { carrier } = context.with(where, () => send());
    const processing = queue.process({
      system: 'toy',
      destination: 'emails',
      messages: [{ carrier, repeated: true }],
    })!;
    const tenant = processing.run(() => propagation.getActiveBaggage()?.getEntry('tenant')?.value, undefined, []);
    processing.succeeded();
    expect(tenant).toBe('blue');
  });

  it('says of a batch how many, the longest wait and the highest attempt', () => {
    const carriers = [send().carrier, send().carrier, undefined];
    const span = process(
      { id: 'a', carrier: carriers[0], waitMs: 5, attempt: 1, maxAttempts: 4 },
      { id: 'b', carrier: carriers[1], waitMs: 7.123_456, attempt: 3, maxAttempts: 3 },
      { id: 'c' },
    );
    expect(span).toMatchObject({ name: 'process emails', kind: 'CONSUMER', parentSpanId: '' });
    expect(span.attributes).toEqual({
      'messaging.system': 'toy',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'emails',
      'messaging.batch.message_count': 3,
      'queue.wait_ms': 7.123,
      'queue.attempt': 3,
      'queue.max_attempts': 3,
    });
    expect(span.links).toEqual([
      {
        traceId: sender(0).traceId,
        spanId: sender(0).spanId,
        attributes: { 'messaging.message.id': 'a', 'queue.wait_ms': 5, 'queue.attempt': 1, 'queue.max_attempts': 4 },
      },
      {
        traceId: sender(1).traceId,
        spanId: sender(1).spanId,
        attributes: {
          'messaging.message.id': 'b',
          'queue.wait_ms': 7.123,
          'queue.attempt': 3,
          'queue.max_attempts': 3,
        },
      },
    ]);
  });

  it('reads a carrier of bytes', () => {
    const { carrier } = send();
    const bytes = Object.fromEntries(Object.entries(carrier!).map(([name, text]) => [name, Buffer.from(text)]));
    expect(process({ carrier: bytes }).parentSpanId).toBe(sender().spanId);
    expect(process({ carrier: { traceparent: Buffer.alloc(100_000, '0') } })).toMatchObject({ parentSpanId: '' });
    expect(process({ carrier: { traceparent: Buffer.from([0xff, 0xfe, 0]) } })).toMatchObject({ parentSpanId: '' });
  });

  it('links to no more senders than an SDK keeps', () => {
    const { carrier } = send();
    const span = process(...Array.from({ length: 1_000 }, () => ({ carrier })));
    expect(span.links).toHaveLength(128);
    expect(span.dropped.links).toBe(0);
    expect(span.attributes['messaging.batch.message_count']).toBe(1_000);
  });

  it('says where a message is, in a log of messages', () => {
    const where = { 'messaging.destination.partition.id': '2', 'messaging.kafka.offset': 7 };
    expect(process({ partition: 2, offset: '7' }).attributes).toMatchObject(where);
    // The first of a batch.
    expect(process({ partition: 2, offset: '7' }, { partition: 2, offset: '8' }).attributes).toMatchObject(where);
  });

  it('ends once', () => {
    const processing = queue.process({ system: 'toy', destination: 'emails', messages: [{}] })!;
    processing.failed({ error: new Error('first'), type: 'timeout' });
    processing.succeeded();
    processing.failed({ error: new Error('second') });
    expect(recorded.spans()).toMatchObject([
      { status: { code: 'ERROR', message: 'first' }, attributes: { 'error.type': 'timeout' } },
    ]);
  });

  it('marks an early acknowledgement only when the handler then fails', () => {
    for (const fails of [false, true]) {
      const processing = queue.process({ system: 'toy', destination: 'emails', messages: [{}] })!;
      processing.settled('ack');
      if (fails) processing.failed({ error: new Error('lost') });
      else processing.succeeded();
    }
    expect(recorded.spans().map(({ attributes }) => attributes['queue.acked_early'])).toEqual([undefined, true]);
  });

  it.each<[string, Message['carrier']]>([
    ['nothing', {}],
    ['no text', { traceparent: 5, tracestate: null, baggage: [], 'x-trace-id': {} }],
    ['garbage', { traceparent: '00-zz', tracestate: '=', baggage: ';;;', 'x-trace-id': 'a b' }],
    ['too much', { traceparent: 'x'.repeat(100_000), 'x-trace-id': 'y'.repeat(100_000) }],
    ['a prototype', { __proto__: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } } as never],
  ])('does without a trace when another sender wrote %s', (_, carrier) => {
    expect(process({ carrier })).toMatchObject({ parentSpanId: '', links: [] });
    expect(process({ carrier }, { carrier })).toMatchObject({ parentSpanId: '', links: [] });
  });
});

describe('work of the library itself', () => {
  it('is in no trace, and what it calls of the application is as if called from nowhere', () => {
    recorded.inSpan('request', () => {
      queue.background(
        () => {
          expect(isSuppressed(context.active())).toBe(true);
          expect(trace.getActiveSpan()).toBe(undefined);
          expect(queue.send(sending)).toBe(undefined);
          expect(queue.carrier('emails')).toBe(undefined);
          queue.foreground(() => expect(context.active()).toBe(ROOT_CONTEXT), undefined, []);
          const processing = queue.process({ system: 'toy', destination: 'emails', messages: [{}] })!;
          processing.run(() => expect(isSuppressed(context.active())).toBe(false), undefined, []);
          processing.succeeded();
        },
        undefined,
        [],
      );
      // Called from a request, a listener belongs to it.
      queue.foreground(() => expect(trace.getActiveSpan()).toBeDefined(), undefined, []);
    });
    expect(recorded.spans().map(({ name }) => name)).toEqual(['process emails', 'request']);
  });
});

it('shows what a library does for itself only within a trace, or when asked to', () => {
  const isQuiet = (events: QueueEvents): boolean =>
    events.housekeeping(() => isSuppressed(context.active()), undefined, []);
  expect(isQuiet(queue)).toBe(true);
  recorded.inSpan('request', () => expect(isQuiet(queue)).toBe(false));
  const open = openQueue(telemetry, { ownCommands: (library) => library === 'toy' });
  expect(isQuiet(open)).toBe(false);
  expect(open.background(() => isSuppressed(context.active()), undefined, [])).toBe(false);
});

it('gives what travels with one of many kinds of a call, or of a call that cannot be watched', () => {
  recorded.inSpan('request', (span) => {
    const { traceId, spanId } = span.spanContext();
    expect(queue.carrier('emails')).toMatchObject({ traceparent: `00-${traceId}-${spanId}-03` });
    expect(queue.carrier('emails', 99)).toMatchObject({ 'foreshock-trace': expect.stringMatching(/^1;\d+$/) });
    expect(queue.carrier('emails')).toMatchObject({ 'foreshock-trace': expect.stringMatching(/^1;\d+;many$/) });
  });
});

it('goes on in another process, where its sender is', () => {
  const { carrier } = send();
  const active = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId;
  expect(queue.continuing(carrier)!.run(active, undefined, [])).toBe(sender().spanId);
  expect(queue.continuing(undefined)!.run(active, undefined, [])).toBe(undefined);
});

it('says by what a destination routes', () => {
  queue.send({ ...sending, routingKey: 'user.created' })!.sent();
  expect(sender().attributes).toMatchObject({ 'messaging.rabbitmq.destination.routing_key': 'user.created' });
});

it('lets the trace travel only where it may', () => {
  const choosy = openQueue(telemetry, { propagateTo: (destination) => destination === 'emails' });
  const carrierTo = (destination: string | undefined) => choosy.send({ ...sending, destination })!.carrier;
  expect(carrierTo('emails')).toEqual({
    traceparent: expect.any(String),
    'x-trace-id': expect.any(String),
    'foreshock-trace': expect.any(String),
  });
  recorded.inSpan('request', () => expect(choosy.carrier('emails')).toBeDefined());
  expect([carrierTo('partners'), carrierTo(undefined), choosy.carrier('partners')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('upstream active', () => {
  upstreamIsActive = true;
  const delivery = { system: 'toy', destination: 'emails', messages: [{}] };
  expect([queue.send(sending), queue.carrier('emails'), queue.process(delivery), queue.received(delivery, 0)]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
