import { expect, test } from 'vitest';
import { slowFromBestTimes } from './slow.ts';

test('what is usual is known from calm times, though a rush has more requests', () => {
  // A piece of time, and how many requests it has of how many milliseconds.
  const pieces = [
    [6, 40],
    [6, 35],
    [9, 39],
    [20, 5_500],
    [15, 6_100],
    [16, 2_400],
    [14, 2_000],
    [7, 58],
    [9, 83],
    [8, 55],
  ] as const;
  const requests = pieces.flatMap(([count, ms], piece) =>
    Array.from({ length: count }, (_, i) => ({
      row: 0,
      service: 0,
      route: 1,
      start: (piece + i / count) * 3_000,
      ms,
      failed: false,
      isLost: false,
    })),
  );
  expect(slowFromBestTimes(requests).get(1)).toBeLessThan(150);
});
