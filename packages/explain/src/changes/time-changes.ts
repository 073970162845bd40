import type { Signal, Signals } from '../decompose/signals.ts';
import { quantile } from '../window/slow.ts';
import { BEFORE, WITHIN } from './phases.ts';

export interface TimeChange {
  signal: Signal;
  n: number;
  nBefore: number;
  meanMs: number;
  meanBeforeMs: number;
  p95BeforeMs: number;
  /** Beyond the usual and beyond chance. */
  excessMs: number;
  /** The baseline has too few calls. */
  isNew: boolean;
}

const FEWEST_BEFORE = 5;
const PIECES = 5;
const FEWEST_OF_PIECE = 8;
const DEVIATIONS = 3;
/** A smaller excess per call is not noticeable. */
const LEAST_MS = 0.5;
const FEWEST_OVER = 3;
const DEVIATIONS_OF_FEW = 2;
const TIMES_MEDIAN = 4;
const MORE_THAN_MEDIAN_MS = 10;

/** By signal. */
export function timeChanges(signals: Signals, phases: Uint8Array, start: Float64Array): TimeChange[] {
  const grouped = groupBySignal(signals);
  return signals.all.map((signal) => {
    const samples = grouped.samples.subarray(grouped.from[signal.id]!, grouped.from[signal.id + 1]!);
    const before = ofPhase(samples, signals, phases, BEFORE);
    const within = ofPhase(samples, signals, phases, WITHIN);
    sortByStart(before, signals, start);
    return changeOf(signal, msOf(before, signals), msOf(within, signals));
  });
}

function ofPhase(samples: Int32Array, { row }: Signals, phases: Uint8Array, phase: number): Int32Array {
  const some = new Int32Array(samples.length);
  let size = 0;
  for (let i = 0; i < samples.length; i++) if (phases[row[samples[i]!]!] === phase) some[size++] = samples[i]!;
  return some.subarray(0, size);
}

/** Usually in order; checking is faster than sorting. */
function sortByStart(samples: Int32Array, { row }: Signals, start: Float64Array): void {
  for (let i = 1; i < samples.length; i++) {
    if (start[row[samples[i]!]!]! >= start[row[samples[i - 1]!]!]!) continue;
    samples.sort((a, b) => start[row[a]!]! - start[row[b]!]!);
    return;
  }
}

function msOf(samples: Int32Array, { ms }: Signals): Float64Array {
  const all = new Float64Array(samples.length);
  for (let i = 0; i < samples.length; i++) all[i] = ms[samples[i]!]!;
  return all;
}

function changeOf(signal: Signal, before: Float64Array, within: Float64Array): TimeChange {
  const sorted = before.toSorted();
  const p95BeforeMs = quantile(sorted, 0.95) || 0;
  const isNew = before.length < FEWEST_BEFORE;
  const change = {
    signal,
    n: within.length,
    nBefore: before.length,
    meanMs: mean(within),
    meanBeforeMs: mean(before),
    p95BeforeMs,
    isNew,
  };
  if (within.length === 0) return { ...change, excessMs: 0 };
  // The 95th percentile of few calls is the slowest.
  const limit = Math.min(p95BeforeMs, quantile(sorted, 0.5) * TIMES_MEDIAN + MORE_THAN_MEDIAN_MS || 0);
  const over = within.map((ms) => Math.max(0, ms - limit));
  const usual = isNew
    ? 0
    : limitOfChance(
        before.map((ms) => Math.max(0, ms - limit)),
        within.length,
      );
  const excess = mean(over) - usual;
  const isChance = excess < LEAST_MS || over.filter((ms) => ms > 0).length < FEWEST_OVER || isOfFew(over, excess);
  return { ...change, excessMs: isChance && !isNew ? 0 : Math.max(0, excess) * within.length };
}

/** Whether a few calls, perhaps by chance, make the excess. */
function isOfFew(over: Float64Array, excess: number): boolean {
  return excess < (DEVIATIONS_OF_FEW * deviation(over)) / Math.sqrt(over.length);
}

/** The largest mean excess of `n` calls by chance, from healthy calls. */
function limitOfChance(over: Float64Array, n: number): number {
  const usual = mean(over);
  const chance = deviation(over) * Math.sqrt(1 / n + 1 / over.length);
  const pieces = Math.min(PIECES, Math.floor(over.length / FEWEST_OF_PIECE));
  const means = Array.from({ length: pieces }, (_, i) =>
    mean(over.subarray(Math.floor((i * over.length) / pieces), Math.floor(((i + 1) * over.length) / pieces))),
  );
  return usual + DEVIATIONS * Math.max(chance, pieces > 2 ? deviation(means) : 0);
}

function groupBySignal({ all, size, signal }: Signals): { samples: Int32Array; from: Int32Array } {
  const from = new Int32Array(all.length + 1);
  for (let at = 0; at < size; at++) from[signal[at]! + 1]!++;
  for (let id = 0; id < all.length; id++) from[id + 1]! += from[id]!;
  const next = from.slice();
  const samples = new Int32Array(size);
  for (let at = 0; at < size; at++) samples[next[signal[at]!]!++] = at;
  return { samples, from };
}

function mean(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]!;
  return numbers.length === 0 ? 0 : sum / numbers.length;
}

function deviation(numbers: ArrayLike<number>): number {
  const middle = mean(numbers);
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += (numbers[i]! - middle) ** 2;
  return numbers.length < 2 ? 0 : Math.sqrt(sum / (numbers.length - 1));
}
