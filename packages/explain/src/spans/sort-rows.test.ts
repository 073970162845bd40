import { expect, it } from 'vitest';
import { sortRows } from './sort-rows.ts';

const KEYS = {
  numbers: (row: number) => (row * 7_919) % 37,
  times: (row: number) => 1_790_000_000_000 + ((row * 7_919) % 37) / 4096,
  'times of hours': (row: number) => 1_790_000_000_000 + ((row * 7_919) % 1e9),
  'times of 2001': (row: number) => 1e12 + ((row * 7_919) % 37) / 8192,
  'small times': (row: number) => ((row * 7_919) % 37) / 1e6,
  'no times': () => 0,
};

const lengths = [0, 1, 2, 11, 12, 13, 24, 25, 64, 65, 100, 1_000];

it.each(Object.entries(KEYS))('sorts rows by %s, then by row', (_, keyOf) => {
  for (const length of lengths) {
    const column = Float64Array.from({ length }, (_, row) => keyOf(row));
    const rows = Int32Array.from({ length }, (_, at) => (at * 7 + 3) % length || at % Math.max(1, length));
    const expected = [...rows].sort((a, b) => column[a]! - column[b]! || a - b);
    sortRows(rows, column);
    expect([...rows]).toEqual(expected);
  }
});
