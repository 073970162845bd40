import { expect, it } from 'vitest';
import { SeriesTable, type Series } from './series.ts';

it('keeps as many series of a million routes as of two thousand', () => {
  const table = new SeriesTable();
  const known = new Set<Series>();
  for (let i = 0; i < 1_000_000; i++) known.add(table.of({ 'http.route': `/a/${i}` }));
  expect([known.size, table.folded]).toEqual([1_999, 1_000_000 - 1_998]);
});
