import type { Decomposed } from '../decompose/decomposed.ts';

export function samplesOfEntries({ signals, clipped, table }: Decomposed): (entry: number) => Int32Array {
  const from = new Int32Array(table.size + 1);
  const { size, row } = signals;
  for (let at = 0; at < size; at++) from[clipped.entry[row[at]!]! + 1]!++;
  for (let at = 0; at < table.size; at++) from[at + 1]! += from[at]!;
  const next = from.slice();
  const samples = new Int32Array(size);
  for (let at = 0; at < size; at++) samples[next[clipped.entry[row[at]!]!]!++] = at;
  return (entry) => samples.subarray(from[entry]!, from[entry + 1]!);
}
