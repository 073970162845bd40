import { describe, expect, it } from 'vitest';
import { endpointsOf } from './forwarded.ts';

const of = (headers: Record<string, string | string[]>, scheme = 'http'): unknown[] => {
  const { client, host, port } = endpointsOf(
    { httpVersion: '1.1', headers, socket: { remoteAddress: '10.0.0.1' } },
    scheme,
  );
  return [client, host, port];
};

describe('Host', () => {
  it.each<[string, unknown[]]>([
    ['shop.test', ['10.0.0.1', 'shop.test', 80]],
    ['shop.test:8080', ['10.0.0.1', 'shop.test', 8080]],
    ['[::1]', ['10.0.0.1', '[::1]', 80]],
    ['[::1]:8080', ['10.0.0.1', '[::1]', 8080]],
    ['shop.test:99999', ['10.0.0.1', 'shop.test', undefined]],
    ['shop.test:x', ['10.0.0.1', 'shop.test', undefined]],
    [':80', ['10.0.0.1', undefined, undefined]],
    ['', ['10.0.0.1', undefined, undefined]],
    ['<script>', ['10.0.0.1', undefined, undefined]],
    ['x'.repeat(300), ['10.0.0.1', undefined, undefined]],
  ])('%s', (host, expected) => {
    expect(of({ host })).toEqual(expected);
    // Twice: the last one is remembered.
    expect(of({ host })).toEqual(expected);
  });

  it('is remembered with its scheme', () => {
    expect(of({ host: 'a' }, 'http')).toEqual(['10.0.0.1', 'a', 80]);
    expect(of({ host: 'a' }, 'https')).toEqual(['10.0.0.1', 'a', 443]);
    expect(of({})).toEqual(['10.0.0.1', undefined, undefined]);
  });
});

describe('what proxies say', () => {
  it.each<[Record<string, string | string[]>, unknown[]]>([
    [{ 'x-forwarded-for': '203.0.113.9' }, ['203.0.113.9', 'a', 80]],
    [{ 'x-forwarded-for': '203.0.113.9:4711, 10.0.0.1' }, ['203.0.113.9', 'a', 80]],
    [{ 'x-forwarded-for': '[2001:db8::1]:80' }, ['2001:db8::1', 'a', 80]],
    [{ 'x-forwarded-for': '2001:db8::1' }, ['2001:db8::1', 'a', 80]],
    [{ 'x-forwarded-for': 'unknown' }, ['unknown', 'a', 80]],
    [{ 'x-forwarded-for': '; DROP TABLE' }, ['10.0.0.1', 'a', 80]],
    [{ 'x-forwarded-for': '' }, ['10.0.0.1', 'a', 80]],
    [{ 'x-forwarded-host': 'shop.test', 'x-forwarded-proto': 'https' }, ['10.0.0.1', 'shop.test', 443]],
    [{ 'x-forwarded-host': 'shop.test:8443' }, ['10.0.0.1', 'shop.test', 8443]],
    [{ 'x-forwarded-host': 'shop.test' }, ['10.0.0.1', 'shop.test', undefined]],
    [{ 'x-forwarded-host': '<b>', 'x-forwarded-proto': 'https' }, ['10.0.0.1', 'a', 80]],
    [{ forwarded: 'for=203.0.113.9;host=shop.test;proto=https' }, ['203.0.113.9', 'shop.test', 443]],
    [{ forwarded: 'For="[2001:db8::1]:4711"; Host=shop.test:8443 , for=10.0.0.2' }, ['2001:db8::1', 'shop.test', 8443]],
    [{ forwarded: 'for=_hidden', 'x-forwarded-for': '203.0.113.9' }, ['_hidden', 'a', 80]],
    [{ forwarded: 'by=10.0.0.3, for=203.0.113.9' }, ['203.0.113.9', 'a', 80]],
    [{ forwarded: ';;,=,for,for=' }, ['10.0.0.1', 'a', 80]],
    [{ forwarded: `for=${'9'.repeat(100_000)}` }, ['10.0.0.1', 'a', 80]],
    [{ forwarded: ['for=203.0.113.9', 'for=203.0.113.10'] }, ['203.0.113.9', 'a', 80]],
  ])('%j', (headers, expected) => expect(of({ host: 'a', ...headers })).toEqual(expected));
});
