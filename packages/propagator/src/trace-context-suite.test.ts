import { describe, expect, it } from 'vitest';
import { arrays, joined, serve } from '../test/requests.ts';
import { cases, PARENT, SAMPLED, TRACE, traceparent, type Headers } from '../test/trace-context-suite.ts';
import { ForeshockPropagator } from './propagator.ts';

const VALID = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-0[0-3]$/;
const propagator = new ForeshockPropagator();

describe.each([
  ['joined as node:http does', joined],
  ['as arrays', arrays],
])('W3C trace-context suite, repeated headers %s', (_, carrierOf) => {
  it.each(cases)('$test: $headers', ({ headers, trace, state: expected }) => {
    const { sent } = serve(propagator, carrierOf(headers));
    const [, traceId, parentId] = VALID.exec(sent[0]!['traceparent'] ?? '') ?? [];
    expect(traceId).toBeDefined();
    expect(traceId === TRACE).toBe(trace === 'continued');
    expect(parentId).not.toBe(PARENT);
    if (expected !== undefined) expect(sent[0]!['tracestate'] ?? '').toBe(expected);
  });

  it.each([
    ['multiple_requests_with_valid_traceparent', traceparent(SAMPLED), 1],
    ['multiple_requests_without_traceparent', [] as Headers, undefined],
    ['multiple_requests_with_illegal_traceparent', traceparent(`00-${'0'.repeat(32)}-${PARENT}-01`), undefined],
  ])('%s', (_name, headers, traces) => {
    const { sent } = serve(propagator, carrierOf(headers), { calls: 3 });
    const ids = sent.map((one) => VALID.exec(one['traceparent']!)!);
    expect(new Set(ids.map(([, , parentId]) => parentId)).size).toBe(3);
    const traceIds = new Set(ids.map(([, traceId]) => traceId));
    if (traces !== undefined) expect([...traceIds]).toEqual([TRACE]);
    expect(traceIds.has('0'.repeat(32))).toBe(false);
  });

  it('propagates_random_flag', () => {
    const { sent } = serve(propagator, carrierOf(traceparent(`00-${TRACE}-${PARENT}-02`)));
    const [, version, traceId, parentId, flags] = /^(..)-(.{32})-(.{16})-(..)$/.exec(sent[0]!['traceparent']!)!;
    expect([version, traceId]).toEqual(['00', TRACE]);
    expect(parentId).not.toBe(PARENT);
    expect(Number.parseInt(flags!, 16) & 2).toBe(2);
  });
});

it('has every test of the suite', () => {
  // 37 tests of headers; the three of several requests and the one of the random flag stand by themselves above.
  expect(new Set(cases.map(({ test }) => test)).size).toBe(37);
});
