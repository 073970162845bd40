import { createHash } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { withXTraceId, xTraceIdOf } from '@foreshock/kit';
import { describe, expect, it } from 'vitest';
import { extract, inject, serve } from '../test/requests.ts';
import { ForeshockPropagator } from './propagator.ts';
import { rejectedInputs } from './rejected-input.ts';
import { sampleDerivedAsRoot } from './sampled-id.ts';
import { dropDerivedParent, isDerivedParent, responseXTraceId, traceIdOfText } from './x-trace-id.ts';

const propagator = new ForeshockPropagator();
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const UUID = '4BF92F35-77b3-4da6-a3ce-929d0e0e4736';
const sha = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** As under the preload: its sampler and its span processor. */
const preloaded = {
  onStart: dropDerivedParent,
  sampler: sampleDerivedAsRoot(new ParentBasedSampler({ root: new AlwaysOnSampler() })),
};

describe('the trace of an x-trace-id', () => {
  it.each([
    ['32 hex digits', TRACE, TRACE],
    ['32 hex digits in upper case', TRACE.toUpperCase(), TRACE],
    ['a UUID', UUID.toLowerCase(), TRACE],
    ['a UUID in upper case', UUID.toUpperCase(), TRACE],
    ['31 hex digits', TRACE.slice(1), sha(TRACE.slice(1))],
    ['33 hex digits', `${TRACE}0`, sha(`${TRACE}0`)],
    ['16 hex digits', TRACE.slice(16), sha(TRACE.slice(16))],
    ['hyphens in other places', '4bf92f3577b3-4da6-a3ce-929d-0e0e4736', sha('4bf92f3577b3-4da6-a3ce-929d-0e0e4736')],
    ['a UUID with a letter past f', UUID.replace('9', 'g'), sha(UUID.replace('9', 'g'))],
    ['32 characters not all hex', `${TRACE.slice(1)}x`, sha(`${TRACE.slice(1)}x`)],
    ['a word', 'order-4711', sha('order-4711')],
    ['one character', '0', sha('0')],
    ['every legal character', 'AZaz09._:-', sha('AZaz09._:-')],
    ['the longest', 'x'.repeat(128), sha('x'.repeat(128))],
    ['case, which matters', 'Order-4711', sha('Order-4711')],
  ])('%s', (_, text, traceId) => {
    expect(traceIdOfText(text)).toBe(traceId);
    const { sent, context, spans } = serve(propagator, { 'x-trace-id': text }, preloaded);
    expect(sent[0]!['x-trace-id']).toBe(text);
    expect(sent[0]!['traceparent']!.slice(3, 35)).toBe(traceId);
    expect(responseXTraceId(context)).toBe(text);
    expect(spans.map((span) => span.spanContext().traceId)).toEqual([traceId, traceId]);
  });

  it.each([
    ['empty', ''],
    ['129 characters', 'x'.repeat(129)],
    ['a space', 'a b'],
    ['a line break', 'a\r\nset-cookie: b'],
    ['a comma, as of two headers', 'a, b'],
    ['a slash', 'a/b'],
    ['a letter with an accent', 'caf\u00e9'],
    ['NUL', 'a\0'],
    ['the nil UUID', '00000000-0000-0000-0000-000000000000'],
    ['32 zeros', '0'.repeat(32)],
    ['two of them', ['a', 'b']],
    ['a number', 4711],
    ['8 KiB and more', 'x'.repeat(8_193)],
  ])('is a new one when the text is not legal: %s', (_, text) => {
    const before = Object.values(rejectedInputs()).reduce((sum, n) => sum + n, 0);
    const { sent, context } = serve(propagator, { 'x-trace-id': text }, preloaded);
    const traceId = sent[0]!['traceparent']!.slice(3, 35);
    expect(sent[0]!['x-trace-id']).toBe(traceId);
    expect(xTraceIdOf(context)).toBeUndefined();
    expect(responseXTraceId(context)).toBe(traceId);
    const after = Object.values(rejectedInputs()).reduce((sum, n) => sum + n, 0);
    expect(after - before).toBe(text === '' ? 0 : 1);
  });

  it('is decided by a valid traceparent, and the text travels beside it', () => {
    const { sent, context, spans } = serve(propagator, {
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
      'x-trace-id': 'order-4711',
    });
    expect(sent[0]!['traceparent']!.slice(3, 35)).toBe(TRACE);
    expect(sent[0]!['x-trace-id']).toBe('order-4711');
    expect(responseXTraceId(context)).toBe('order-4711');
    expect(spans.at(-1)!.parentSpanContext?.spanId).toBe('00f067aa0ba902b7');
  });

  it('is decided by the text when the traceparent is invalid', () => {
    const { sent } = serve(propagator, { traceparent: `00-${TRACE}-xxxxxxxxxxxxxxxx-01`, 'x-trace-id': 'order-4711' });
    expect(sent[0]!['traceparent']!.slice(3, 35)).toBe(sha('order-4711'));
  });

  it('without any is known to others by the trace ID', () => {
    const { sent, context } = serve(propagator, {});
    expect(sent[0]!['x-trace-id']).toBe(sent[0]!['traceparent']!.slice(3, 35));
    expect(responseXTraceId(context)).toBe(sent[0]!['x-trace-id']);
    expect(responseXTraceId(ROOT_CONTEXT)).toBeUndefined();
  });

  it('is the same two services on, by either header', () => {
    const first = serve(propagator, { 'x-trace-id': 'order-4711' }, preloaded).sent[0]!;
    const second = serve(propagator, first, preloaded).sent[0]!;
    expect(second['x-trace-id']).toBe('order-4711');
    expect(second['traceparent']!.slice(3, 35)).toBe(first['traceparent']!.slice(3, 35));
    const stripped = serve(propagator, { 'x-trace-id': first['x-trace-id'] }, preloaded).sent[0]!;
    expect(stripped['traceparent']!.slice(3, 35)).toBe(first['traceparent']!.slice(3, 35));
  });

  it('goes on as text alone where no span is made: the derived parent does not exist', () => {
    const context = extract(propagator, { 'x-trace-id': 'order-4711' });
    expect(inject(propagator, context)).toEqual({ 'x-trace-id': 'order-4711' });
  });

  it('never leaves unchecked, wherever it comes from', () => {
    const context = withXTraceId(ROOT_CONTEXT, 'a\r\nset-cookie: b');
    expect(inject(propagator, context)).toEqual({});
    expect(responseXTraceId(context)).toBeUndefined();
  });
});

describe('the root of such a trace', () => {
  const carrier = { 'x-trace-id': 'order-4711' };
  const rootOf = (options: Parameters<typeof serve>[2]) =>
    serve(propagator, carrier, options).spans.find((span) => span.kind === SpanKind.SERVER);

  it('has no parent under the preload', () => {
    const { spans } = serve(propagator, carrier, preloaded);
    const [client, server] = spans;
    expect(server!.parentSpanContext).toBeUndefined();
    expect(client!.parentSpanContext?.spanId).toBe(server!.spanContext().spanId);
  });

  it('has the derived parent elsewhere, the same in every service', () => {
    const parents = [rootOf({}), rootOf({})].map((span) => span!.parentSpanContext);
    const expected = { traceId: sha('order-4711'), spanId: sha('order-4711').slice(16), traceFlags: 1, isRemote: true };
    for (const parent of parents) {
      expect(isDerivedParent(parent)).toBe(true);
      expect(parent).toMatchObject(expected);
    }
  });

  it('never has a zero parent', () => {
    const parent = trace.getSpanContext(extract(propagator, { 'x-trace-id': `1${'0'.repeat(31)}` }));
    expect(parent).toMatchObject({ traceId: `1${'0'.repeat(31)}`, spanId: '1000000000000000' });
  });

  it('is sampled as any root', () => {
    const parentBased = (root: ConstructorParameters<typeof ParentBasedSampler>[0]['root']) =>
      sampleDerivedAsRoot(new ParentBasedSampler({ root }));
    expect(rootOf({ sampler: parentBased(new AlwaysOnSampler()) })).toBeDefined();
    expect(rootOf({ sampler: parentBased(new AlwaysOffSampler()) })).toBeUndefined();
    expect(rootOf({ sampler: parentBased(new TraceIdRatioBasedSampler(0)) })).toBeUndefined();
    expect(rootOf({ sampler: sampleDerivedAsRoot(new AlwaysOffSampler()) })).toBeUndefined();
    // Without our sampler a parent-based one takes it for a sampled caller.
    expect(rootOf({ sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }) })).toBeDefined();
  });

  it('when not sampled says so to those it calls', () => {
    const sampler = sampleDerivedAsRoot(new ParentBasedSampler({ root: new AlwaysOffSampler() }));
    expect(serve(propagator, carrier, { sampler }).sent[0]!['traceparent']).toMatch(/-00$/);
  });

  it('leaves every other parent and decision alone', () => {
    const sampled = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, ...carrier };
    const unsampled = { traceparent: `00-${TRACE}-00f067aa0ba902b7-00`, ...carrier };
    expect(serve(propagator, sampled, preloaded).spans.at(-1)!.parentSpanContext?.spanId).toBe('00f067aa0ba902b7');
    expect(serve(propagator, unsampled, preloaded).spans).toEqual([]);
    expect(String(sampleDerivedAsRoot(new AlwaysOnSampler()))).toBe('AlwaysOnSampler');
    const span = {};
    dropDerivedParent(span);
    expect(span).toEqual({});
  });
});
