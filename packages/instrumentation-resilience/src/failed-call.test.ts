import { describe, expect, it } from 'vitest';
import { FailedCall, pathBelow, rememberFailed, someFailedLately } from './failed-call.ts';

const failed = (identity = 'GET /'): FailedCall => new FailedCall(identity, 0, undefined, []);

describe('a failed call', () => {
  it('is sent again within 30 s, and not later', () => {
    const call = failed();
    expect(call.isRetriedBy('GET /', call.endedAt + 30_000)).toBe(true);
    expect(call.isRetriedBy('GET /', call.endedAt + 30_001)).toBe(false);
    expect(call.isRetriedBy('GET /other', call.endedAt)).toBe(false);
  });

  it('is sent again once', () => {
    const call = failed();
    call.retried();
    expect(call.isRetriedBy('GET /', call.endedAt)).toBe(false);
  });

  it('is looked for within 30 s of the latest, and not later', () => {
    const call = failed();
    expect(someFailedLately(call.endedAt)).toBe(false);
    rememberFailed(undefined, call);
    expect(someFailedLately(call.endedAt + 30_000)).toBe(true);
    expect(someFailedLately(performance.now() + 30_001)).toBe(false);
  });
});

it.each([
  ['attempt 1', 'attempt 2', true],
  ['retry-2 of 3', 'retry-3 of 3', true],
  ['fetch (try 1)', 'fetch (try 12)', true],
  ['customer 1', 'customer 2', false],
  ['country 1', 'country 2', false],
])('spans named %s and %s are one place in a loop: %s', (one, other, isSame) => {
  expect(pathBelow(one, '') === pathBelow(other, '')).toBe(isSame);
});
