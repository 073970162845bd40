import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, fullUrl, redactQuery, splitTarget } from './url.ts';

describe('redactQuery', () => {
  it.each([
    ['a=1&b=2', 'a=1&b=2'],
    ['sig=secret', 'sig=REDACTED'],
    ['a=1&Signature=x%20y&b=2', 'a=1&Signature=REDACTED&b=2'],
    [
      'X-Amz-Signature=1&X-Amz-Credential=2&X-Amz-Security-Token=3',
      'X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED',
    ],
    ['%73ig=secret&t%6Fken=x', '%73ig=REDACTED&t%6Fken=REDACTED'],
    ['ACCESS_TOKEN=x&access_tokens=y', 'ACCESS_TOKEN=REDACTED&access_tokens=y'],
    ['sig&sig=&=sig&a=sig=b', 'sig&sig=REDACTED&=sig&a=sig=b'],
    ['%=1&%zz=2&%E0%A4%A=3', '%=1&%zz=2&%E0%A4%A=3'],
    ['', ''],
    ['&&', '&&'],
  ])('%s', (query, redacted) => expect(redactQuery(query)).toBe(redacted));

  it('replaces the values of secrets and nothing else, whatever is around them', () => {
    const part = fc.tuple(
      fc.constantFrom('a', 'sig', 'token', 'x%79', ''),
      fc.option(fc.stringMatching(/^[^&]{0,8}$/)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const query = parts.map(([name, value]) => (value === null ? name : `${name}=${value}`)).join('&');
        const expected = parts.map(([name, value]) => {
          if (value === null) return name.includes('=') ? name : name;
          return name === 'sig' || name === 'token' ? `${name}=REDACTED` : `${name}=${value}`;
        });
        expect(redactQuery(query)).toBe(expected.join('&'));
      }),
    );
  });
});

it.each([
  ['/', '/', ''],
  ['/a/b?c=d?e', '/a/b', 'c=d?e'],
  ['/a#f?x', '/a', ''],
  ['/a?b#f', '/a', 'b'],
  ['*', '*', ''],
  ['http://shop.test/a?b', '/a', 'b'],
  ['http://shop.test', '/', ''],
  ['https://shop.test?b', '/', 'b'],
  ['shop.test:443', 'shop.test:443', ''],
  ['', '/', ''],
])('splitTarget %s', (target, path, query) => expect(splitTarget(target)).toEqual({ path, query }));

describe('fullUrl', () => {
  it.each([
    ['http://a', '/b?c=d', 'http://a/b?c=d'],
    ['http://a', '/b?token=x#y', 'http://a/b?token=REDACTED'],
    ['http://proxy', 'http://user:pass@b.test/c?sig=x', 'http://REDACTED:REDACTED@b.test/c?sig=REDACTED'],
    ['http://proxy', 'http://b.test/c@d', 'http://b.test/c@d'],
    ['http://proxy', 'http://u@b.test', 'http://REDACTED:REDACTED@b.test'],
  ])('%s %s', (origin, target, url) => expect(fullUrl(origin, target)).toBe(url));
});

it('what is recorded is bounded', () => {
  const long = 'x'.repeat(1_000_000);
  expect(cut(long)).toHaveLength(2_048);
  expect(redactQuery(`a=${long}`)).toHaveLength(2_048);
  expect(fullUrl('http://a', `/${long}?${long}`)).toHaveLength(2_048);
});
