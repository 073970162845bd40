import { expect, it } from 'vitest';
import type { TraceRows } from '../contract.ts';
import { TraceModel, visible } from './model.ts';

// a → (b → c), d; the store sends them in another order.
const ROWS: TraceRows = {
  traceId: 'f'.repeat(32),
  from: 1_000,
  isCut: false,
  services: { 7: 'orders', 9: 'gateway' },
  order: [1, 2, 3, 0],
  parents: [-1, 0, 1, 0],
  spanIds: ['d', 'a', 'b', 'c'].map(id).join(''),
  resources: [7, 9, 7, 7],
  names: ['work', 'GET /', 'pool.acquire orders', 'work'],
  kinds: [1, 2, 1, 1],
  statuses: [2, 0, 0, 1],
  starts: [30e6, 0, 10e6, 12e6],
  ends: [40e6, 50e6, 20e6, 13e6],
  summaries: [{ errorType: '503' }, null, null, null],
};

it('has depths, ends and rows by place', () => {
  const model = new TraceModel(ROWS);
  expect([...model.depth]).toEqual([0, 1, 2, 1]);
  expect([...model.end]).toEqual([4, 3, 3, 4]);
  expect(model).toMatchObject({ from: 1_000, to: 1_050, errors: 1, services: ['gateway', 'orders'] });
  expect(['a', 'b', 'c', 'd', 'e'].map((letter) => model.placeOf(id(letter)))).toEqual([0, 1, 2, 3, undefined]);
  expect(model.row(1)).toMatchObject({ spanId: id('b'), start: 1_010, durationMs: 10, isWait: true, status: 'unset' });
  expect(model.row(3)).toMatchObject({ service: 'orders', status: 'error', errorType: '503' });
});

it('hides what is below a closed span, and what is not on the critical path', () => {
  const model = new TraceModel(ROWS, { logs: [], heldBy: [], criticalPath: [{ spanId: id('b'), from: 0, to: 1 }] });
  expect([...visible(model, new Set([1]), false)]).toEqual([0, 1, 3]);
  expect([...visible(model, new Set([0]), false)]).toEqual([0]);
  expect([...visible(model, new Set(), true)]).toEqual([1]);
});

it('has a length to draw in, whatever the times', () => {
  expect(new TraceModel({ ...ROWS, order: [], parents: [], starts: [], ends: [] })).toMatchObject({ from: 0, to: 1 });
  const point = { ...ROWS, starts: [7e6, 7e6, 7e6, 7e6], ends: [7e6, 7e6, 7e6, 7e6] };
  expect(new TraceModel(point)).toMatchObject({ from: 1_007, to: 1_008 });
});

function id(letter: string): string {
  return letter.repeat(16);
}
