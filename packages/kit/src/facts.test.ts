import { ROOT_CONTEXT, SpanKind, trace, type Context } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { factsOf, withFacts } from './facts.ts';

/** A context with an active span, as the SDK makes it. */
function below(where: Context, kind: SpanKind, isRemote = false): Context {
  const span = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote });
  return trace.setSpan(where, Object.assign(span, { kind }));
}

const request = below(ROOT_CONTEXT, SpanKind.SERVER);

describe('facts', () => {
  it('hold in the context they were added to, inner ones before outer', () => {
    expect(factsOf(request)).toBeUndefined();
    const outer = withFacts(request, { 'retry.attempt': 1, 'circuitbreaker.name': 'a' });
    const inner = withFacts(outer, { 'retry.attempt': 2 });
    expect(factsOf(outer)).toEqual({ 'retry.attempt': 1, 'circuitbreaker.name': 'a' });
    expect(factsOf(inner)).toEqual({ 'retry.attempt': 2, 'circuitbreaker.name': 'a' });
    expect(factsOf(request)).toBeUndefined();
  });

  it('go down to the first call, through what is only work of this service', () => {
    const attempt = withFacts(request, { 'retry.attempt': 2 });
    const step = below(below(attempt, SpanKind.INTERNAL), SpanKind.INTERNAL);
    expect(factsOf(step)).toEqual({ 'retry.attempt': 2 });
    expect(factsOf(below(step, SpanKind.CLIENT))).toBeUndefined();
    expect(factsOf(below(step, SpanKind.PRODUCER))).toBeUndefined();
    expect(factsOf(below(step, SpanKind.INTERNAL, true))).toBeUndefined();
  });

  it('hold right below the span they were added under, whatever its kind', () => {
    const query = below(request, SpanKind.CLIENT);
    expect(factsOf(withFacts(query, { 'retry.attempt': 2 }))).toEqual({ 'retry.attempt': 2 });
    expect(factsOf(withFacts(ROOT_CONTEXT, { 'retry.attempt': 2 }))).toEqual({ 'retry.attempt': 2 });
  });

  it('are not for spans that serve somebody else', () => {
    const attempt = withFacts(request, { 'retry.attempt': 2 });
    expect(factsOf(attempt, SpanKind.SERVER)).toBeUndefined();
    expect(factsOf(attempt, SpanKind.CONSUMER)).toBeUndefined();
    expect(factsOf(attempt, SpanKind.CLIENT)).toEqual({ 'retry.attempt': 2 });
  });

  it('are forgotten once what they are true for is over', () => {
    const call = { over: false };
    const inside = withFacts(withFacts(request, { 'retry.attempt': 2 }, call), { 'circuitbreaker.name': 'a' });
    expect(factsOf(inside)).toEqual({ 'retry.attempt': 2, 'circuitbreaker.name': 'a' });
    call.over = true;
    expect(factsOf(inside)).toEqual({ 'circuitbreaker.name': 'a' });
  });

  it('do not pile up in a context that hands itself on for ever', () => {
    let where = request;
    for (let i = 0; i < 100_000; i++) where = withFacts(where, { [`fact.${i}`]: i });
    expect(Object.keys(factsOf(where)!).length).toBeLessThanOrEqual(17);
    expect(factsOf(where)).toHaveProperty(['fact.99999']);
  });
});
