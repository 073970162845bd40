import { ROOT_CONTEXT, SpanKind, trace, type Context } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { contextAttributesOf, withContextAttributes } from './context-attributes.ts';

/** A context with an active span, as the SDK makes it. */
function below(where: Context, kind: SpanKind, isRemote = false): Context {
  const span = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote });
  return trace.setSpan(where, Object.assign(span, { kind }));
}

const request = below(ROOT_CONTEXT, SpanKind.SERVER);

describe('context attributes', () => {
  it('hold in the context they were added to, inner ones before outer', () => {
    expect(contextAttributesOf(request)).toBeUndefined();
    const outer = withContextAttributes(request, { 'retry.attempt': 1, 'circuitbreaker.name': 'a' });
    const inner = withContextAttributes(outer, { 'retry.attempt': 2 });
    expect(contextAttributesOf(outer)).toEqual({ 'retry.attempt': 1, 'circuitbreaker.name': 'a' });
    expect(contextAttributesOf(inner)).toEqual({ 'retry.attempt': 2, 'circuitbreaker.name': 'a' });
    expect(contextAttributesOf(request)).toBeUndefined();
  });

  it('go down to the first call, through what is only work of this service', () => {
    const attempt = withContextAttributes(request, { 'retry.attempt': 2 });
    const step = below(below(attempt, SpanKind.INTERNAL), SpanKind.INTERNAL);
    expect(contextAttributesOf(step)).toEqual({ 'retry.attempt': 2 });
    expect(contextAttributesOf(below(step, SpanKind.CLIENT))).toBeUndefined();
    expect(contextAttributesOf(below(step, SpanKind.PRODUCER))).toBeUndefined();
    expect(contextAttributesOf(below(step, SpanKind.INTERNAL, true))).toBeUndefined();
  });

  it('hold right below the span they were added under, whatever its kind', () => {
    const query = below(request, SpanKind.CLIENT);
    expect(contextAttributesOf(withContextAttributes(query, { 'retry.attempt': 2 }))).toEqual({ 'retry.attempt': 2 });
    expect(contextAttributesOf(withContextAttributes(ROOT_CONTEXT, { 'retry.attempt': 2 }))).toEqual({
      'retry.attempt': 2,
    });
  });

  it('are not for spans that serve another caller', () => {
    const attempt = withContextAttributes(request, { 'retry.attempt': 2 });
    expect(contextAttributesOf(attempt, SpanKind.SERVER)).toBeUndefined();
    expect(contextAttributesOf(attempt, SpanKind.CONSUMER)).toBeUndefined();
    expect(contextAttributesOf(attempt, SpanKind.CLIENT)).toEqual({ 'retry.attempt': 2 });
  });

  it('are forgotten once what they are true for is over', () => {
    const call = { over: false };
    const inside = withContextAttributes(withContextAttributes(request, { 'retry.attempt': 2 }, call), {
      'circuitbreaker.name': 'a',
    });
    expect(contextAttributesOf(inside)).toEqual({ 'retry.attempt': 2, 'circuitbreaker.name': 'a' });
    call.over = true;
    expect(contextAttributesOf(inside)).toEqual({ 'circuitbreaker.name': 'a' });
  });

  it('do not pile up in a context that hands itself on for ever', () => {
    let where = request;
    for (let i = 0; i < 100_000; i++) where = withContextAttributes(where, { [`attribute.${i}`]: i });
    expect(Object.keys(contextAttributesOf(where)!).length).toBeLessThanOrEqual(17);
    expect(contextAttributesOf(where)).toHaveProperty(['attribute.99999']);
  });
});
