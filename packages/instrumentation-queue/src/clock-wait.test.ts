import { expect, it } from 'vitest';
import { waitedSince } from './clock-wait.ts';

it.each([
  ['a moment', 40, 40],
  ['twenty minutes', 1_200_000, 1_200_000],
  ['an hour, or a clock that is behind by one', 3_600_000, undefined],
  ['a replay', 7 * 86_400_000, undefined],
  ['clocks that differ by milliseconds', -8, 0],
  ['a clock that is ahead', -5_000, undefined],
])('says of %s what can be', (_, agoMs, expected) => {
  const since = Date.now() - agoMs;
  const waited = waitedSince(since);
  if (expected === undefined) return void expect(waited).toBe(undefined);
  expect(waited).toBeGreaterThanOrEqual(expected);
  expect(waited).toBeLessThanOrEqual(Math.max(0, Date.now() - since));
});
