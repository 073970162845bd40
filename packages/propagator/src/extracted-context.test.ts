import { createContextKey, propagation, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { contextAttributesOf, withContextAttributes, withXTraceId, xTraceIdOf } from '@foreshock/kit';
import { describe, expect, it } from 'vitest';
import { extract } from '../test/requests.ts';
import { ForeshockPropagator } from './propagator.ts';

const propagator = new ForeshockPropagator();
const SPAN_CONTEXT = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, baggage: 'a=1', 'x-trace-id': 'x' };

describe('the context of a request behaves as the API’s', () => {
  const incoming = extract(propagator, headers);
  const mine = createContextKey('mine');

  it('sets a value in a new context and leaves the old one', () => {
    const span = trace.wrapSpanContext(SPAN_CONTEXT);
    const inner = trace.setSpan(incoming, span);
    expect(trace.getSpan(inner)).toBe(span);
    expect(trace.getSpanContext(incoming)!.traceId).toBe('a'.repeat(32));
    expect(xTraceIdOf(inner)).toBe('x');
    expect(propagation.getBaggage(inner)!.getEntry('a')).toEqual({ value: '1' });
    expect(xTraceIdOf(withXTraceId(inner, 'y'))).toBe('y');
    const other = propagation.setBaggage(inner, propagation.createBaggage({ b: { value: '2' } }));
    expect(propagation.getBaggage(other)!.getAllEntries()).toEqual([['b', { value: '2' }]]);
  });

  it('holds any other value', () => {
    const where = withContextAttributes(incoming.setValue(mine, 1), { 'retry.attempt': 2 });
    expect(where.getValue(mine)).toBe(1);
    expect(contextAttributesOf(where)).toEqual({ 'retry.attempt': 2 });
    expect(trace.getSpanContext(where)!.traceId).toBe('a'.repeat(32));
    expect(incoming.getValue(mine)).toBeUndefined();
    expect(where.deleteValue(mine).getValue(mine)).toBeUndefined();
    expect(where.getValue(mine)).toBe(1);
  });

  it('forgets what is deleted', () => {
    const without = trace.deleteSpan(propagation.deleteBaggage(incoming));
    expect(trace.getSpan(without)).toBeUndefined();
    expect(propagation.getBaggage(without)).toBeUndefined();
    expect(xTraceIdOf(without)).toBe('x');
  });

  it('keeps what the context it was extracted into holds', () => {
    const outer = withXTraceId(trace.setSpanContext(ROOT_CONTEXT.setValue(mine, 1), SPAN_CONTEXT), 'outer');
    const only = (carrier: Record<string, unknown>): Context => extract(propagator, carrier, outer);
    const baggage = only({ baggage: 'a=1' });
    expect(trace.getSpanContext(baggage)).toEqual(SPAN_CONTEXT);
    expect(xTraceIdOf(baggage)).toBe('outer');
    expect(baggage.getValue(mine)).toBe(1);
    const both = only(headers);
    expect(trace.getSpanContext(both)!.traceId).toBe('a'.repeat(32));
    expect(xTraceIdOf(both)).toBe('x');
    expect(trace.getSpan(trace.deleteSpan(both))).toBeUndefined();
    expect(trace.getSpanContext(outer)).toEqual(SPAN_CONTEXT);
  });

  it('does not grow when each request is read inside the last', () => {
    let where: Context = ROOT_CONTEXT;
    for (let i = 0; i < 100_000; i++) where = extract(propagator, headers, where);
    // A chain of that length would end the stack here.
    expect(where.getValue(mine)).toBeUndefined();
  });
});
