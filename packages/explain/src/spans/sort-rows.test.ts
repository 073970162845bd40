import { expect, it } from 'vitest';
import { sortRows } from './sort-rows.ts';

it.each([0, 1, 2, 11, 12, 13, 24, 25, 100, 1_000])('sorts %i rows by a column, then by row', (length) => {
  const column = Float64Array.from({ length }, (_, row) => (row * 7_919) % 37);
  const rows = Int32Array.from({ length }, (_, at) => (at * 7 + 3) % length || at % Math.max(1, length));
  const expected = [...rows].sort((a, b) => column[a]! - column[b]! || a - b);
  sortRows(rows, column);
  expect([...rows]).toEqual(expected);
});
