import { describe, expect, it } from 'vitest';
import { retryAfterMs } from './backend.ts';

describe('Retry-After', () => {
  const now = Date.parse('2026-11-20T10:00:00Z');

  it('is read as seconds or as a date', () => {
    expect(retryAfterMs('3', now)).toBe(3_000);
    expect(retryAfterMs(' 0 ', now)).toBe(0);
    expect(retryAfterMs('Fri, 20 Nov 2026 10:00:07 GMT', now)).toBe(7_000);
  });

  it('never means the past or forever', () => {
    expect(retryAfterMs('Fri, 20 Nov 2026 09:00:00 GMT', now)).toBe(0);
    expect(retryAfterMs('999999999', now)).toBe(300_000);
    expect(retryAfterMs('Fri, 20 Nov 2099 10:00:07 GMT', now)).toBe(300_000);
  });

  it('is ignored when it makes no sense', () => {
    for (const header of [undefined, '', 'soon', '-5x', '1e999']) expect(retryAfterMs(header, now)).toBeUndefined();
  });
});
