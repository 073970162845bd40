import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { withXTraceId } from '@foreshock/kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extract, inject, serve } from '../test/requests.ts';
import { ForeshockPropagator } from './propagator.ts';
import { rejectedInputs } from './rejected-input.ts';
import { responseXTraceId } from './x-trace-id.ts';

const propagator = new ForeshockPropagator({ propagators: ['tracecontext', 'baggage', 'x-trace-id', 'b3', 'b3multi'] });

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const octets = '[!#-+\\--:<-[\\]-~]*';
const GRAMMAR: Record<string, RegExp> = {
  traceparent: /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/,
  tracestate:
    /^(?=.{1,512}$)[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~](,[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]){0,31}$/,
  baggage: new RegExp(
    `^(?=.{1,8192}$)${token}=${octets}(;[!#-+\\--~ \\t]*)?(,${token}=${octets}(;[!#-+\\--~ \\t]*)?){0,63}$`,
  ),
  'x-trace-id': /^[A-Za-z0-9._:-]{1,128}$/,
  b3: /^[0-9a-f]{32}-[0-9a-f]{16}-[01d]$/,
  'x-b3-traceid': /^[0-9a-f]{32}$/,
  'x-b3-spanid': /^[0-9a-f]{16}$/,
  'x-b3-sampled': /^[01]$/,
  'x-b3-flags': /^1$/,
};

/** What was sent that is not in its grammar, or has none. */
function illegal(sent: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sent).filter(([name, value]) => !GRAMMAR[name]?.test(value) || /[^\t -~]/.test(value)),
  );
}

const IDS = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', '0'.repeat(32), '0'.repeat(16), 'FF'];
// Texts near the grammars find more than texts far from them.
const near = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '00',
        'ff',
        'cc',
        '01',
        '03',
        '-',
        ',',
        ';',
        '=',
        '@',
        ' ',
        '\t',
        '\r\n',
        '\0',
        '%',
        '%41',
        '%ff',
        'd',
        ...IDS,
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));
const text = fc.oneof(
  near,
  fc.constant(`00-${IDS[0]}-${IDS[1]}-01`),
  fc.string({ unit: 'binary' }),
  fc.string({ minLength: 500, maxLength: 9_000 }),
);
const value = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 3, arbitrary: fc.array(text, { maxLength: 4 }) },
  {
    weight: 1,
    arbitrary: fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
  },
  { weight: 1, arbitrary: fc.constantFrom(Buffer.from('00'), Symbol('x'), () => 'x', Number.NaN) },
);
const NAMES = [
  'traceparent',
  'tracestate',
  'baggage',
  'x-trace-id',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-sampled',
  'x-b3-flags',
];
const carrier = fc.record(Object.fromEntries(NAMES.map((name) => [name, value])), { requiredKeys: [] });

describe('whatever comes in', () => {
  it('nothing throws, and everything sent on is in its grammar', () => {
    fc.assert(
      fc.property(carrier, (headers) => {
        expect(illegal(inject(propagator, extract(propagator, headers)))).toEqual({});
        const { sent, context } = serve(propagator, headers);
        expect(sent[0]!['traceparent']).toBeDefined();
        expect(illegal(sent[0]!)).toEqual({});
        expect(responseXTraceId(context)).toMatch(GRAMMAR['x-trace-id']!);
      }),
      { numRuns: 2_000 },
    );
  });

  it('what was sent on is read again as the same', () => {
    fc.assert(
      fc.property(carrier, (headers) => {
        const first = serve(propagator, headers).sent[0]!;
        const second = inject(propagator, extract(propagator, first));
        expect(second).toEqual(first);
      }),
    );
  });

  it('whatever is in a context, what is sent is in its grammar', () => {
    const entry = fc.record({
      value: text,
      metadata: fc.option(
        text.map((t) => ({ toString: () => t })),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(
        fc.record({ traceId: text, spanId: text, traceFlags: fc.double() }),
        fc.dictionary(text, entry, { maxKeys: 5 }),
        text,
        text,
        (ids, entries, xTraceId, state) => {
          const traceState = {
            serialize: () => state,
            get: () => undefined,
            set: () => traceState,
            unset: () => traceState,
          };
          let where = trace.setSpanContext(ROOT_CONTEXT, { ...ids, traceState });
          where = propagation.setBaggage(where, propagation.createBaggage(entries as never));
          where = withXTraceId(where, xTraceId);
          expect(illegal(inject(propagator, where))).toEqual({});
        },
      ),
    );
  });

  it('costs no more for being long', () => {
    // Far over any limit: each would take seconds if it were scanned in a square, or matched backwards.
    const long = 1_000_000;
    for (const bad of [' '.repeat(long), ','.repeat(long), 'a='.repeat(long), '\t '.repeat(long), '%'.repeat(long)]) {
      const headers = Object.fromEntries(NAMES.map((name) => [name, bad]));
      expect(extract(propagator, headers)).toBe(ROOT_CONTEXT);
      // Joined, they would be longer than a string can be, and what is valid beside them would be lost.
      const arrays = Object.fromEntries(NAMES.map((name) => [name, Array.from({ length: 1_000 }, () => bad)]));
      const context = extract(propagator, { ...arrays, traceparent: `00-${IDS[0]}-${IDS[1]}-01` });
      expect(trace.getSpanContext(context)?.traceId).toBe(IDS[0]);
    }
  });
});

describe('what was refused is counted', () => {
  it.each([
    ['traceparent', 'x', 'malformed'],
    ['traceparent', ['a', 'b'], 'duplicated'],
    ['traceparent', 'a, b', 'duplicated'],
    ['traceparent', 'x'.repeat(8_193), 'too_long'],
    ['traceparent', 42, 'not_text'],
    ['traceparent', [{}], 'not_text'],
    ['x-trace-id', 'a b', 'malformed'],
    ['x-trace-id', ['a', 'a'], 'duplicated'],
    ['x-trace-id', 'x'.repeat(8_193), 'too_long'],
    ['x-trace-id', {}, 'not_text'],
    ['baggage', 'x', 'malformed'],
    ['baggage', Array.from({ length: 65 }, (_, i) => `k${i}=1`).join(','), 'over_limit'],
    ['baggage', 'x'.repeat(8_193), 'over_limit'],
    ['baggage', [1], 'not_text'],
    ['b3', 'x', 'malformed'],
    ['b3', [[]], 'duplicated'],
  ] as const)('%s: %s', (header, sent, fault) => {
    const before = rejectedInputs()[`${header}.${fault}`] ?? 0;
    extract(propagator, { [header]: sent });
    expect(rejectedInputs()[`${header}.${fault}`]).toBe(before + 1);
  });

  it.each([
    ['A=1', 'malformed'],
    ['a=1,a=2', 'duplicated'],
    [Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(','), 'over_limit'],
    [`a=${'x'.repeat(254)},b=${'y'.repeat(254)}`, 'over_limit'],
    ['x'.repeat(8_193), 'too_long'],
    [null, undefined],
    [7, 'not_text'],
  ] as const)('tracestate: %s', (tracestate, fault) => {
    const before = rejectedInputs();
    serve(propagator, { traceparent: `00-${IDS[0]}-${IDS[1]}-01`, tracestate });
    const expected = { ...before };
    if (fault) expected[`tracestate.${fault}`] = (before[`tracestate.${fault}`] ?? 0) + 1;
    expect(rejectedInputs()).toEqual(expected);
  });

  it('under a bounded set of names, without the values', () => {
    for (const reason of Object.keys(rejectedInputs())) {
      expect(reason).toMatch(
        /^(traceparent|tracestate|baggage|x-trace-id|b3)\.(not_text|duplicated|too_long|malformed|over_limit)$/,
      );
    }
    // A copy, so the counts cannot be changed from outside.
    rejectedInputs()['b3.malformed'] = -1;
    expect(rejectedInputs()['b3.malformed']).not.toBe(-1);
  });
});
