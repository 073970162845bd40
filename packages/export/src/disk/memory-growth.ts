import type { Heartbeat } from './heartbeat.ts';

const MIB = 1 << 20;
/** Less comes and goes. */
const LEAST_BYTES = 16 * MIB;

const PARTS: readonly [name: string, of: (beat: Heartbeat) => number][] = [
  ['old_space of the heap', ({ oldSpace }) => oldSpace],
  ['large_object_space of the heap', ({ largeObjectSpace }) => largeObjectSpace],
  ['new_space of the heap', ({ newSpace }) => newSpace],
  ['buffers and other objects outside of the heap', ({ external }) => external],
  ['memory of native code', ({ rssThen, heapUsed, external }) => rssThen - heapUsed - external],
];

/** Where memory grew most, in words; undefined if nowhere. */
export function memoryGrowth(beats: readonly Heartbeat[]): string | undefined {
  // All 0 before the first sample.
  const sampled = beats.filter(({ oldSpace }) => oldSpace > 0);
  const [first, last] = [sampled[0], sampled.at(-1)];
  if (!first || !last) return undefined;
  let most = LEAST_BYTES;
  let grown: string | undefined;
  for (const [name, of] of PARTS) {
    const bytes = of(last) - of(first);
    if (bytes < most) continue;
    most = bytes;
    grown = name;
  }
  const seconds = Math.max(1, Math.round((last.at - first.at) / 1_000));
  return grown && `${grown} grew by ${Math.round(most / MIB)} MiB in ${seconds} s`;
}
