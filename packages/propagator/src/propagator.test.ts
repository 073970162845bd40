import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { suppressed, withCarrierTrust, xTraceIdOf } from '@foreshock/kit';
import { describe, expect, it } from 'vitest';
import { extract, inject, serve } from '../test/requests.ts';
import { ForeshockPropagator, propagatorsFromNames } from './propagator.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const everything = {
  traceparent: `00-${TRACE}-${SPAN}-01`,
  tracestate: 'rojo=1',
  baggage: 'user=alice',
  'x-trace-id': 'order-4711',
  b3: `${TRACE}-${SPAN}-1`,
};

describe('names', () => {
  it.each([
    [['tracecontext', 'baggage'], ['tracecontext', 'baggage'], []],
    [[' TraceContext', 'B3multi', 'b3', 'x-trace-id'], ['tracecontext', 'b3multi', 'b3', 'x-trace-id'], []],
    [['baggage', 'baggage', ''], ['baggage'], []],
    [['tracecontext', 'xray', 'jaeger'], ['tracecontext'], ['xray', 'jaeger']],
    [['ottrace'], ['tracecontext', 'baggage', 'x-trace-id'], ['ottrace']],
    [[], ['tracecontext', 'baggage', 'x-trace-id'], []],
    [['none'], [], []],
  ])('%j', (names, propagators, unknown) => {
    expect(propagatorsFromNames(names)).toEqual({ propagators, unknown });
  });

  it.each([
    [undefined, ['traceparent', 'tracestate', 'baggage', 'x-trace-id']],
    [['tracecontext'], ['traceparent', 'tracestate']],
    [
      ['b3', 'b3multi'],
      ['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags'],
    ],
    [[], []],
  ] as const)('fields of %j', (propagators, fields) => {
    const propagator = new ForeshockPropagator(propagators && { propagators });
    expect(propagator.fields()).toEqual(fields);
    propagator.fields().push('changed');
    expect(propagator.fields()).toEqual(fields);
  });

  it.each([
    [['tracecontext'], ['traceparent', 'tracestate']],
    [['baggage'], ['baggage']],
    [['x-trace-id'], ['x-trace-id']],
    [['b3'], ['b3']],
    [['b3multi'], ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled']],
    [[], []],
  ] as const)('%j is all that is spoken', (propagators, fields) => {
    const { sent } = serve(new ForeshockPropagator({ propagators }), everything);
    expect(Object.keys(sent[0]!)).toEqual(fields);
  });
});

describe('extract', () => {
  const propagator = new ForeshockPropagator();

  it('puts all of a request into one context', () => {
    const context = extract(propagator, everything);
    expect(trace.getSpanContext(context)).toMatchObject({
      traceId: TRACE,
      spanId: SPAN,
      traceFlags: 1,
      isRemote: true,
    });
    expect(trace.getSpanContext(context)!.traceState!.get('rojo')).toBe('1');
    expect(propagation.getBaggage(context)!.getEntry('user')).toEqual({ value: 'alice' });
    expect(xTraceIdOf(context)).toBe('order-4711');
  });

  it('returns the context itself when nothing came in', () => {
    const where = ROOT_CONTEXT.setValue(Symbol('mine'), 1);
    expect(extract(propagator, {}, where)).toBe(where);
    expect(extract(propagator, { traceparent: 'x', tracestate: 'a=1', baggage: ',', 'x-trace-id': '?' }, where)).toBe(
      where,
    );
  });

  it('asks for each header once', () => {
    const asked: string[] = [];
    propagator.extract(ROOT_CONTEXT, null, {
      get: (_, key) => void asked.push(key),
      keys: () => [],
    });
    expect(asked).toEqual(['traceparent', 'x-trace-id', 'baggage']);
  });

  it('survives a getter that throws, with the context as it was', () => {
    const getter = {
      get: () => {
        throw new Error('the carrier is gone');
      },
      keys: () => [],
    };
    expect(propagator.extract(ROOT_CONTEXT, {}, getter)).toBe(ROOT_CONTEXT);
  });
});

describe('inject', () => {
  const propagator = new ForeshockPropagator();

  it('writes nothing where spans are suppressed', () => {
    expect(inject(propagator, suppressed(extract(propagator, everything)))).toEqual({});
  });

  it('writes nothing of a span context that is invalid', () => {
    for (const spanContext of [
      { traceId: '0'.repeat(32), spanId: SPAN, traceFlags: 1 },
      { traceId: TRACE, spanId: '0'.repeat(16), traceFlags: 1 },
      { traceId: `${TRACE}\r\n`, spanId: SPAN, traceFlags: 1 },
      { traceId: TRACE, spanId: `\n${SPAN.slice(1)}`, traceFlags: 1 },
      { traceId: TRACE.toUpperCase(), spanId: SPAN, traceFlags: 1 },
      { traceId: undefined, spanId: undefined, traceFlags: 1 },
    ]) {
      const sent = inject(propagator, trace.setSpanContext(ROOT_CONTEXT, spanContext as never));
      expect(sent).not.toHaveProperty('traceparent');
      for (const value of Object.values(sent)) expect(value).toBe(TRACE);
    }
  });

  it('writes flags of two digits, whatever the span context says', () => {
    for (const traceFlags of [0x10, 0x11, 0xff, 1e9 + 1, Number.NaN]) {
      const where = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: SPAN, traceFlags });
      expect(inject(propagator, where)['traceparent']).toMatch(/^00-.{32}-.{16}-0[0-3]$/);
    }
  });

  it('survives a setter that throws', () => {
    const setter = {
      set: () => {
        throw new Error('headers have been sent');
      },
    };
    expect(() => propagator.inject(extract(propagator, everything), {}, setter)).not.toThrow();
  });
});

describe('an edge that trusts no caller', () => {
  const edge = new ForeshockPropagator({
    trustIncoming: false,
    propagators: ['tracecontext', 'baggage', 'x-trace-id', 'b3'],
  });

  it('begins a trace of its own, without the baggage and the text of unknown callers', () => {
    const { sent, context, spans } = serve(edge, everything);
    const traceId = spans.at(-1)!.spanContext().traceId;
    expect(traceId).not.toBe(TRACE);
    expect(spans.at(-1)!.parentSpanContext).toBeUndefined();
    expect(xTraceIdOf(context)).toBeUndefined();
    expect(Object.keys(sent[0]!)).toEqual(['traceparent', 'b3', 'x-trace-id']);
    expect(sent[0]!['x-trace-id']).toBe(traceId);
    expect(sent[0]!['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-03$`));
  });

  it('decides on sampling itself', () => {
    const { spans } = serve(edge, { traceparent: `00-${TRACE}-${SPAN}-00` });
    expect(spans).toHaveLength(2);
  });

  it('follows messages of its own', () => {
    const context = extract(edge, everything, withCarrierTrust(ROOT_CONTEXT));
    expect(trace.getSpanContext(context)!.traceId).toBe(TRACE);
  });

  it('still passes on the count to the services behind it', () => {
    const behind = serve(new ForeshockPropagator(), serve(edge, everything).sent[0]!);
    expect(behind.spans.at(-1)!.parentSpanContext).toBeDefined();
  });
});

it('knows which hosts may get the trace', () => {
  const propagator = new ForeshockPropagator({ propagateTo: ['*.internal'] });
  expect(propagator.mayPropagateTo('orders.internal:8080')).toBe(true);
  expect(propagator.mayPropagateTo('api.stripe.com')).toBe(false);
  expect(new ForeshockPropagator().mayPropagateTo('api.stripe.com')).toBe(true);
});
