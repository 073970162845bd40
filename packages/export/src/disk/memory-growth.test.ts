import { expect, it } from 'vitest';
import type { Heartbeat } from './heartbeat.ts';
import { memoryGrowth } from './memory-growth.ts';

const MIB = 1 << 20;
const beat = (at: number, more: Partial<Heartbeat> = {}): Heartbeat =>
  ({
    at,
    oldSpace: MIB,
    largeObjectSpace: 0,
    newSpace: 0,
    external: 0,
    rssThen: 90 * MIB,
    heapUsed: MIB,
    ...more,
  }) as Heartbeat;

it.each<[string, Heartbeat[], string | undefined]>([
  ['no heartbeat', [], undefined],
  ['nothing grew', [beat(0), beat(9_000, { oldSpace: 10 * MIB })], undefined],
  ['objects', [beat(0), beat(9_000, { oldSpace: 31 * MIB })], 'old_space of the heap grew by 30 MiB in 9 s'],
  [
    'buffers',
    [beat(0), beat(500, { oldSpace: 31 * MIB, external: 90 * MIB })],
    'buffers and other objects outside of the heap grew by 90 MiB in 1 s',
  ],
  ['native code', [beat(0), beat(9_000, { rssThen: 200 * MIB })], 'memory of native code grew by 110 MiB in 9 s'],
  ['before the first sample', [beat(0, { oldSpace: 0, rssThen: 0 }), beat(9_000)], undefined],
])('%s', (_, beats, growth) => {
  expect(memoryGrowth(beats)).toBe(growth);
});
