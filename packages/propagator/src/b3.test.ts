import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';
import { AlwaysOnSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { extract, inject, serve } from '../test/requests.ts';
import { ForeshockPropagator } from './propagator.ts';
import { sampleDerivedAsRoot } from './sampled-id.ts';

const TRACE = '80f198ee56343ba864fe8b2a57d3eff7';
const SPAN = 'e457b5a2e4d86bd1';
const PARENT = '05e3ac9a4f6e3b90';
const single = new ForeshockPropagator({ propagators: ['b3'] });
const both = new ForeshockPropagator({ propagators: ['tracecontext', 'x-trace-id', 'b3'] });
const multi = new ForeshockPropagator({ propagators: ['b3multi'] });

describe('B3', () => {
  it.each([
    ['sampled', { b3: `${TRACE}-${SPAN}-1` }, TRACE, 1],
    ['not sampled', { b3: `${TRACE}-${SPAN}-0` }, TRACE, 0],
    ['undecided', { b3: `${TRACE}-${SPAN}` }, TRACE, 0],
    ['with parent', { b3: `${TRACE}-${SPAN}-1-${PARENT}` }, TRACE, 1],
    ['debug', { b3: `${TRACE}-${SPAN}-d` }, TRACE, 1],
    ['64-bit trace ID', { b3: `${SPAN}-${SPAN}-1` }, `0000000000000000${SPAN}`, 1],
    ['multi, sampled', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }, TRACE, 1],
    [
      'multi, sampled as older tracers say it',
      { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': 'True' },
      TRACE,
      1,
    ],
    ['multi, not sampled', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': 'false' }, TRACE, 0],
    ['multi, undecided', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN }, TRACE, 0],
    ['multi, debug', { 'x-b3-traceid': SPAN, 'x-b3-spanid': SPAN, 'x-b3-flags': '1' }, `0000000000000000${SPAN}`, 1],
  ])('reads what upstream reads: %s', (_, carrier, traceId, traceFlags) => {
    for (const propagator of [single, multi, new B3Propagator()]) {
      expect(trace.getSpanContext(extract(propagator, carrier))).toEqual({
        traceId,
        spanId: SPAN,
        traceFlags,
        isRemote: true,
      });
    }
  });

  it.each([
    ['a decision alone to record', { b3: '1' }],
    ['upper case', { b3: `${TRACE.toUpperCase()}-${SPAN}-1` }],
    ['zero IDs', { b3: `${'0'.repeat(32)}-${SPAN}-1` }],
    ['an unknown decision', { b3: `${TRACE}-${SPAN}-2` }],
    ['too many fields', { b3: `${TRACE}-${SPAN}-1-${PARENT}-1` }],
    ['a bad parent', { b3: `${TRACE}-${SPAN}-1-x` }],
    ['text around it', { b3: `xx${TRACE}-${SPAN}-1` }],
    ['two of them', { b3: [`${TRACE}-${SPAN}-1`, `${TRACE}-${SPAN}-1`] }],
    ['multi without span', { 'x-b3-traceid': TRACE }],
    ['multi with an unknown decision', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': 'maybe' }],
    ['multi, two trace IDs', { 'x-b3-traceid': `${TRACE}, ${TRACE}`, 'x-b3-spanid': SPAN }],
  ])('does not continue %s', (_, carrier) => {
    expect(extract(single, carrier)).toBe(ROOT_CONTEXT);
  });

  it.each<[string, ForeshockPropagator, Record<string, string>, boolean]>([
    ['b3: 0', single, { b3: '0' }, false],
    ['b3: 0 with an x-trace-id', both, { b3: '0', 'x-trace-id': 'order-4711' }, false],
    ['x-b3-sampled: 0', multi, { 'x-b3-sampled': '0' }, false],
    ['x-b3-sampled: 0 of a trace for debugging', multi, { 'x-b3-sampled': '0', 'x-b3-flags': '1' }, true],
    ['a traceparent with it', both, { b3: '0', traceparent: `00-${TRACE}-${SPAN}-01` }, true],
    ['b3: 0 where B3 is not spoken', new ForeshockPropagator(), { b3: '0' }, true],
  ])('a decision alone, %s', (_, propagator, carrier, recorded) => {
    const sampler = sampleDerivedAsRoot(new ParentBasedSampler({ root: new AlwaysOnSampler() }));
    expect(serve(propagator, carrier, { sampler }).spans.length > 0).toBe(recorded);
  });

  it('the single header comes before the four, traceparent before both', () => {
    const other = { 'x-b3-traceid': TRACE.replace('8', '9'), 'x-b3-spanid': SPAN };
    expect(trace.getSpanContext(extract(multi, { b3: `${TRACE}-${SPAN}-1`, ...other }))!.traceId).toBe(TRACE);
    const all = new ForeshockPropagator({ propagators: ['b3', 'tracecontext', 'x-trace-id'] });
    const carrier = { b3: `${TRACE}-${SPAN}-1`, 'x-trace-id': 'order' };
    expect(trace.getSpanContext(extract(all, carrier))!.traceId).toBe(TRACE);
    const traceparent = `00-${'1'.repeat(32)}-${SPAN}-01`;
    expect(trace.getSpanContext(extract(all, { ...carrier, traceparent }))!.traceId).toBe('1'.repeat(32));
  });

  it('writes what upstream writes', () => {
    const upstream = [new B3Propagator(), new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })] as const;
    for (const traceFlags of [0, 1]) {
      const where = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: SPAN, traceFlags });
      expect(inject(single, where)).toEqual(inject(upstream[0], where));
      expect(inject(multi, where)).toEqual(inject(upstream[1], where));
    }
  });

  it('hands debug on', () => {
    const debug = { b3: `${TRACE}-${SPAN}-d` };
    expect(serve(single, debug).sent[0]!['b3']).toMatch(new RegExp(`^${TRACE}-[0-9a-f]{16}-d$`));
    const sent = serve(multi, debug).sent[0]!;
    expect(sent).toMatchObject({ 'x-b3-traceid': TRACE, 'x-b3-flags': '1' });
    expect(sent).not.toHaveProperty('x-b3-sampled');
  });

  it('does not set the random flag for a trace that came as B3', () => {
    const both = new ForeshockPropagator({ propagators: ['b3', 'tracecontext'] });
    expect(serve(both, { b3: `${TRACE}-${SPAN}-1` }).sent[0]!['traceparent']).toMatch(/-01$/);
  });
});
