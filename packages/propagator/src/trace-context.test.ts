import { ROOT_CONTEXT, trace, type TraceState } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extract, inject, serve } from '../test/requests.ts';
import { ForeshockPropagator } from './propagator.ts';
import { rejectedInputs } from './rejected-input.ts';
import { parseTraceParent } from './trace-parent.ts';
import { TraceStateList } from './trace-state.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const propagator = new ForeshockPropagator();

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((id) => /[1-9a-f]/.test(id));

describe('traceparent', () => {
  it.each([
    ['upper-case trace ID', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['upper-case parent ID', `00-${TRACE}-${PARENT.toUpperCase()}-01`],
    ['upper-case flags', `00-${TRACE}-${PARENT}-0A`],
    ['upper-case version', `CC-${TRACE}-${PARENT}-01`],
    ['version ff with more behind it', `ff-${TRACE}-${PARENT}-01-more`],
    ['a dash behind version 00', `00-${TRACE}-${PARENT}-01-`],
    ['a higher version without its flags', `cc-${TRACE}-${PARENT}-`],
    ['a higher version with one flag digit', `cc-${TRACE}-${PARENT}-1-`],
    ['a higher version with zero trace ID', `cc-${'0'.repeat(32)}-${PARENT}-01`],
    ['underscores for dashes', `00_${TRACE}_${PARENT}_01`],
    ['no dash behind the trace ID', `00-${TRACE}0${PARENT}-01`],
    ['a line break at the end', `00-${TRACE}-${PARENT}-01\r\n`],
    ['a line break inside', `00-${TRACE}-${PARENT}-\n1`],
    ['a vertical tab around', `\v00-${TRACE}-${PARENT}-01`],
    ['a no-break space around', `\u00a000-${TRACE}-${PARENT}-01`],
    ['digits of another script', `00-${TRACE}-${PARENT}-0\u0661`],
    ['a character past the table', `00-${TRACE.slice(1)}\u1234-${PARENT}-01`],
    ['nothing but dashes', '-'.repeat(55)],
    ['white space only', ' '.repeat(60)],
  ])('rejects %s', (_, header) => {
    expect(parseTraceParent(header)).toBeUndefined();
  });

  it.each([
    ['00', 0],
    ['01', 1],
    ['02', 2],
    ['03', 3],
    ['04', 0],
    ['09', 1],
    ['0a', 2],
    ['0f', 3],
    ['10', 0],
    ['fd', 1],
    ['fe', 2],
    ['ff', 3],
  ])('of the flags %s keeps what it knows', (flags, known) => {
    expect(parseTraceParent(`00-${TRACE}-${PARENT}-${flags}`)).toEqual({
      traceId: TRACE,
      spanId: PARENT,
      traceFlags: known,
      isRemote: true,
    });
    expect(parseTraceParent(`7f-${TRACE}-${PARENT}-${flags}-more`)?.traceFlags).toBe(known);
  });

  it('sends a higher version on as 00', () => {
    const { sent } = serve(propagator, { traceparent: `01-${TRACE}-${PARENT}-03-new-fields` });
    expect(sent[0]!['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-03$`));
  });

  it('agrees with upstream on every well-formed header of version 00', () => {
    const upstream = new W3CTraceContextPropagator();
    fc.assert(
      fc.property(hex(32), hex(16), fc.constantFrom('00', '01'), (traceId, spanId, flags) => {
        const carrier = { traceparent: `00-${traceId}-${spanId}-${flags}` };
        expect(trace.getSpanContext(extract(propagator, carrier))).toEqual(
          trace.getSpanContext(extract(upstream, carrier)),
        );
      }),
    );
  });

  it('rejects every header with one character changed to something that is no lower-case hex', () => {
    const header = `00-${TRACE}-${PARENT}-01`;
    fc.assert(
      fc.property(fc.nat(54), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (at, character) => {
        fc.pre(!/^[0-9a-f-]/.test(character));
        expect(parseTraceParent(header.slice(0, at) + character + header.slice(at + 1))).toBeUndefined();
      }),
    );
  });
});

describe('the random flag (level 2)', () => {
  const flagsSent = (carrier: Record<string, unknown>): string[] =>
    serve(propagator, carrier, { calls: 2 }).sent.map(({ traceparent }) => traceparent!.slice(-2));

  it('stays as it came, set or not, whatever the SDK hands to child spans', () => {
    expect(flagsSent({ traceparent: `00-${TRACE}-${PARENT}-03` })).toEqual(['03', '03']);
    expect(flagsSent({ traceparent: `00-${TRACE}-${PARENT}-02` })).toEqual(['02', '02']);
    expect(flagsSent({ traceparent: `00-${TRACE}-${PARENT}-01` })).toEqual(['01', '01']);
    expect(flagsSent({ traceparent: `00-${TRACE}-${PARENT}-00` })).toEqual(['00', '00']);
  });

  it('is set on a trace that began here', () => {
    expect(flagsSent({})).toEqual(['03', '03']);
    expect(flagsSent({ traceparent: 'nonsense' })).toEqual(['03', '03']);
    expect(flagsSent({ baggage: 'a=1' })).toEqual(['03', '03']);
  });

  it('is not set on a trace whose ID was chosen', () => {
    expect(flagsSent({ 'x-trace-id': 'order-1' })).toEqual(['01', '01']);
    expect(flagsSent({ 'x-trace-id': TRACE })).toEqual(['01', '01']);
  });

  it('is set on a new trace begun inside one that came in without it', () => {
    const incoming = extract(propagator, { traceparent: `00-${TRACE}-${PARENT}-01` });
    const other = trace.setSpanContext(incoming, { traceId: TRACE.replace('4', '5'), spanId: PARENT, traceFlags: 1 });
    expect(inject(propagator, other)['traceparent']).toBe(`00-${TRACE.replace('4', '5')}-${PARENT}-03`);
  });

  it('passes through where no span is made', () => {
    for (const flags of ['00', '01', '02', '03']) {
      const traceparent = `00-${TRACE}-${PARENT}-${flags}`;
      expect(inject(propagator, extract(propagator, { traceparent }))['traceparent']).toBe(traceparent);
    }
  });
});

describe('tracestate', () => {
  const sentState = (...values: string[]): string | undefined =>
    serve(propagator, { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: values }).sent[0]!['tracestate'];

  it.each([
    ['a key beginning with a digit', '0ab=1', '0ab=1'],
    ['a space at the beginning of a value', 'a= 1', 'a= 1'],
    ['spaces inside a value', 'a=1  2', 'a=1  2'],
    ['the longest value', `a=${'x'.repeat(256)}`, `a=${'x'.repeat(256)}`],
    ['32 members and empty ones between', `${'k=1,,'.replaceAll('k', 'k')} , `, 'k=1'],
    ['white space only', ' \t , ,\t', undefined],
    ['a value too long', `a=${'x'.repeat(257)}`, undefined],
    ['a value of spaces', 'a=  ', undefined],
    ['a tab inside a value', 'a=1\t2', undefined],
    ['a control character', 'a=1\x1f', undefined],
    ['DEL', 'a=1\x7f', undefined],
    ['a character that is not ASCII', 'a=\u00e9', undefined],
    ['a line break', 'a=1\r\nset-cookie: b=2', undefined],
    ['a key without value', 'a', undefined],
    ['a value without key', '=1', undefined],
    ['an underscore first', '_a=1', undefined],
    ['one bad member among good ones', 'a=1,B=2,c=3', undefined],
  ])('%s', (_, header, expected) => {
    expect(sentState(header)).toBe(expected);
  });

  it('is not read without a valid traceparent', () => {
    const { sent } = serve(propagator, { traceparent: `00-${TRACE}-${PARENT}-0x`, tracestate: 'a=1' });
    expect(sent[0]).not.toHaveProperty('tracestate');
  });

  it('keeps the traceparent when it is refused itself', () => {
    const { sent } = serve(propagator, { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: '????' });
    expect(sent[0]!['traceparent']).toContain(TRACE);
    expect(sent[0]).not.toHaveProperty('tracestate');
  });

  it('is cut to 512 characters by whole members, the long ones first, then from the end', () => {
    const short = (n: number): string => `s${n}=${'x'.repeat(96)}`;
    const long = (n: number): string => `l${n}=${'y'.repeat(130)}`;
    expect(sentState([short(1), long(1), short(2), long(2), short(3)].join(','))).toBe(
      [short(1), long(1), short(2), short(3)].join(','),
    );
    expect(sentState([1, 2, 3, 4, 5, 6].map(short).join(','))).toBe([1, 2, 3, 4, 5].map(short).join(','));
    expect(sentState(`a=${'x'.repeat(254)},b=${'y'.repeat(253)}`)).toHaveLength(512);
    expect(sentState(`a=${'x'.repeat(254)},b=${'y'.repeat(254)}`)).toBe(`a=${'x'.repeat(254)}`);
    expect(sentState(`${'k'.repeat(256)}=${'v'.repeat(256)}`)).toBeUndefined();
  });

  it('refuses more than 8,192 characters without reading them', () => {
    const before = rejectedInputs()['tracestate.too_long'] ?? 0;
    expect(sentState(`a=1${','.repeat(8_190)}`)).toBeUndefined();
    expect(sentState(...Array.from({ length: 10_000 }, () => 'a=1'))).toBeUndefined();
    expect(rejectedInputs()['tracestate.too_long']).toBe(before + 2);
  });

  it('is a TraceState as the API means it: immutable, changed members in front', () => {
    const list = TraceStateList.parse('a=1,b=2,c=3')!;
    expect(list.get('b')).toBe('2');
    expect(list.get('d')).toBeUndefined();
    expect(list.set('c', '4').serialize()).toBe('c=4,a=1,b=2');
    expect(list.set('d', '5').serialize()).toBe('d=5,a=1,b=2,c=3');
    expect(list.unset('b').serialize()).toBe('a=1,c=3');
    expect(list.unset('x')).toBe(list);
    expect(list.unset('a').unset('b').unset('c').serialize()).toBe('');
    expect(list.serialize()).toBe('a=1,b=2,c=3');
  });

  it('takes no member outside the grammar', () => {
    const list = TraceStateList.parse('a=1')!;
    for (const [key, value] of [
      ['A', '1'],
      ['', '1'],
      ['@a', '1'],
      [' a', '1'],
      ['a,b', '1'],
      ['b', ''],
      ['b', '1 '],
      ['b', '1,c=2'],
      ['b', '1\r\nx: y'],
    ] as const) {
      expect(list.set(key, value)).toBe(list);
    }
    expect(list.set('b', null as never)).toBe(list);
  });

  it('has room for 32 members, the last falling off', () => {
    let list = TraceStateList.parse('k0=0')!;
    for (let i = 1; i < 40; i++) list = list.set(`k${i}`, String(i));
    const members = list.serialize().split(',');
    expect(members).toHaveLength(32);
    expect(members[0]).toBe('k39=39');
    expect(members.at(-1)).toBe('k8=8');
  });

  it('checks what another TraceState says of itself', () => {
    const sent = (text: unknown): string | undefined => {
      const traceState = { serialize: () => text } as TraceState;
      return inject(
        propagator,
        trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: PARENT, traceFlags: 1, traceState }),
      )['tracestate'];
    };
    expect(sent('a=1, b=2')).toBe('a=1,b=2');
    expect(sent('a=1\r\nset-cookie: x=1')).toBeUndefined();
    expect(sent('')).toBeUndefined();
    expect(sent(undefined)).toBeUndefined();
  });

  it('reads as the grammar says, character by character', () => {
    const KEY = /^[a-z0-9][a-z0-9_*/@-]{0,255}$/;
    const VALUE = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;
    const near = fc.string({ unit: fc.constantFrom(...'aZ0_-*/@ =,\t~\x7f\u00e9'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(near, near), { maxLength: 4 }), (pairs) => {
        const header = pairs.map(([key, value]) => `${key}=${value}`).join(',');
        const expected = new Map<string, string>();
        let valid = true;
        for (const member of header.split(',').map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ''))) {
          if (member === '') continue;
          const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(member) ?? [];
          if (!KEY.test(key) || !VALUE.test(value)) valid = false;
          else if (!expected.has(key)) expected.set(key, value);
        }
        const text = Array.from(expected, ([key, value]) => `${key}=${value}`).join(',');
        expect(TraceStateList.parse(header)?.serialize()).toBe(valid && text !== '' ? text : undefined);
        for (const [key, value] of pairs) {
          const accepted = TraceStateList.parse('q=1')!.set(key, value).get(key) === value;
          expect(accepted).toBe(KEY.test(key) && VALUE.test(value));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
