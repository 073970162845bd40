import { describe, expect, it } from 'vitest';
import { hostPatternsFrom, mayPropagateTo } from './host-pattern.ts';

describe('mayPropagateTo', () => {
  it.each([
    ['api.example.com', 'api.example.com', true],
    ['api.example.com:443', 'api.example.com', true],
    ['API.Example.COM', 'api.example.com', true],
    ['api.example.com', 'API.EXAMPLE.COM', true],
    ['api.example.com.', 'api.example.com', true],
    ['api.example.com:8443', 'api.example.com:8443', true],
    ['api.example.com:443', 'api.example.com:8443', false],
    ['api.example.com', 'api.example.com:443', false],
    ['a.example.com', '*.example.com', true],
    ['a.b.example.com:1', '*.example.com', true],
    ['a.example.com:1', '*.example.com:2', false],
    ['example.com', '*.example.com', false],
    ['badexample.com', '*.example.com', false],
    ['example.com.evil.org', '*.example.com', false],
    ['example.com', 'xample.com', false],
    ['127.0.0.1:3000', '127.0.0.1', true],
    ['localhost', 'localhost', true],
    ['[::1]:3000', '[::1]', true],
    ['::1', '[::1]', true],
    ['[::1]:3000', '::1', true],
    ['[::1]:3000', '[::1]:3001', false],
    ['anything.at.all:1', '*', true],
    ['evil.org/.example.com', '*.example.com', false],
    ['evil.org#.example.com', '*.example.com', false],
    ['evil.org@a.example.com', '*.example.com', false],
    ['', '*.example.com', false],
    ['a.example.com:', '*.example.com', false],
    ['a.example.com', 'https://a.example.com', false],
  ])('%s by %s: %s', (host, pattern, allowed) => {
    expect(mayPropagateTo(host, [pattern])).toBe(allowed);
    expect(mayPropagateTo(host, ['no.such.host', pattern])).toBe(allowed);
  });

  it('allows every host without patterns, and none by an empty list', () => {
    expect(mayPropagateTo('a.example.com', undefined)).toBe(true);
    expect(mayPropagateTo('a.example.com', [])).toBe(false);
  });
});

it('logs which patterns it does not understand', () => {
  expect(
    hostPatternsFrom([' *.Example.com ', 'api:8080', '*', '::1', 'https://x.y', 'a b', '*.*.c', 'x:port', '']),
  ).toEqual({
    patterns: ['*.example.com', 'api:8080', '*', '::1'],
    invalid: ['https://x.y', 'a b', '*.*.c', 'x:port', ''],
  });
});
