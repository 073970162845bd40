import { baggageEntryMetadataFromString, propagation, ROOT_CONTEXT, type BaggageEntry } from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extract, inject } from '../test/requests.ts';
import { ForeshockPropagator } from './propagator.ts';

const propagator = new ForeshockPropagator({ propagators: ['baggage'] });

const read = (baggage: unknown): Record<string, string> | undefined => {
  const entries = propagation.getBaggage(extract(propagator, { baggage }))?.getAllEntries();
  return entries && Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
};
const write = (entries: Record<string, BaggageEntry>): string | undefined =>
  inject(propagator, propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(entries)))['baggage'];
const relay = (baggage: unknown): string | undefined => inject(propagator, extract(propagator, { baggage }))['baggage'];

describe('baggage in', () => {
  it.each([
    [
      'the example of the specification',
      'key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue',
      { key1: 'value1', key2: 'value2', key3: 'value3' },
    ],
    ['percent-encoded', 'serverNode=DF%2028,%C3%A9=%E2%82%AC', { serverNode: 'DF 28', é: '€' }],
    ['octets that are not UTF-8', 'a=x%ffy%C3', { a: 'x\ufffdy\ufffd' }],
    ['a percent sign that encodes nothing', 'a=100%,b=%zz', { a: '100%', b: '%zz' }],
    ['equals signs in a value', 'a=b=c==', { a: 'b=c==' }],
    ['an empty value', 'a=', { a: '' }],
    ['several headers', ['a=1', 'b=2', ''], { a: '1', b: '2' }],
    ['the last of two', 'a=1,a=2', { a: '2' }],
    ['empty members', ',, a=1 ,', { a: '1' }],
    ['bad members among good ones', 'a=1,b,=c,d"=1,e=f g,h=\\,i=é,j=\x01,k=2', { a: '1', k: '2' }],
    ['bad properties', 'a=1;x=",b=2;y\r\nz', undefined],
    ['an encoded line break, which is a value like any other', 'a=%0D%0A', { a: '\r\n' }],
    ['a name of Object.prototype', '__proto__=1,constructor=2', { ['__proto__']: '1', constructor: '2' }],
    ['nothing legal', 'a b c', undefined],
    ['not text', { a: 1 }, undefined],
    ['not text inside', ['a=1', 2], undefined],
  ])('%s', (_, header, expected) => {
    const result = read(header);
    expect(result === undefined ? undefined : JSON.stringify(result)).toEqual(expected && JSON.stringify(expected));
  });

  it('holds 64 members', () => {
    const header = Array.from({ length: 70 }, (_, i) => `k${i}=${i}`).join(',');
    expect(Object.keys(read(header)!)).toHaveLength(64);
  });

  it('holds 8,192 characters, by whole members', () => {
    const member = (n: number): string => `k${n}=${'x'.repeat(996)}`;
    const header = Array.from({ length: 20 }, (_, i) => member(i)).join(',');
    expect(Object.keys(read(header)!)).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7']);
    expect(read(`a=${'x'.repeat(9_000)}`)).toBeUndefined();
    expect(read([`a=1`, `b=${'x'.repeat(9_000)}`])).toEqual({ a: '1' });
  });
});

describe('baggage out', () => {
  it('is what came in', () => {
    const header = 'key1=value1;property1;p=2,key2=a/b:c=d,serverNode=DF%2028';
    expect(relay(header)).toBe(header);
    expect(relay([' key1 = value1 ; property1 ', 'key2=2'])).toBe('key1=value1;property1,key2=2');
  });

  it.each([
    ['encodes what no value may hold', { a: { value: 'x y"z,;\\\r\né' } }, 'a=x%20y%22z%2C%3B%5C%0D%0A%C3%A9'],
    ['encodes what no key may hold', { 'a b(c)=é': { value: '1' } }, 'a%20b%28c%29%3D%C3%A9=1'],
    ['encodes half a surrogate pair', { a: { value: '\ud800' } }, 'a=%EF%BF%BD'],
    ['encodes a percent sign', { a: { value: '100%' } }, 'a=100%25'],
    [
      'leaves out illegal properties',
      { a: { value: '1', metadata: baggageEntryMetadataFromString('p\r\nset-cookie: x') } },
      'a=1',
    ],
    [
      'leaves out a property that would begin a member',
      { a: { value: '1', metadata: baggageEntryMetadataFromString('p,b=2') } },
      'a=1',
    ],
    ['leaves out a nameless entry', { '': { value: '1' } }, undefined],
    ['survives a value of another type', { a: { value: 5 as unknown as string } }, 'a=5'],
    ['is absent when empty', {}, undefined],
  ])('%s', (_, entries, expected) => {
    expect(write(entries)).toBe(expected);
  });

  it('stays within 64 members and 8,192 characters', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, { value: '1' }]));
    expect(write(many)!.split(',')).toHaveLength(64);
    expect(write({ big: { value: ' '.repeat(3_000) }, small: { value: '1' } })).toBe('small=1');
  });

  it('comes back as it was, and as upstream reads it', () => {
    const upstream = new W3CBaggagePropagator();
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 6 }), (pairs) => {
        const entries = Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, { value }]));
        const baggage = write(entries);
        if (baggage === undefined) return;
        for (const reader of [propagator, upstream]) {
          // Upstream collects members in a plain object, where this key is none.
          if (reader === upstream && Object.hasOwn(entries, '__proto__')) continue;
          const back = propagation.getBaggage(extract(reader, { baggage }))!.getAllEntries();
          expect(back).toEqual(Object.entries(entries));
        }
      }),
    );
  });
});
