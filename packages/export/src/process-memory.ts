import { Budget, MIN_BUDGET_BYTES } from './budget.ts';
import type { DropReason } from './spool.ts';

/**
 * Shared memory: all worker threads use one sender and one limit. A worker writes spans into a slot; the sender copies
 * and frees it. Neither waits for the other or the main thread; a slot outlives its worker.
 *
 * A slot's state is one word, `bytes << 2 | status`: free, open (the worker's, until the sender closes it) or closed
 * (the sender's). One compare-and-exchange changes its owner.
 */
export interface ProcessMemory {
  readonly words: Int32Array;
  readonly slots: SharedArrayBuffer;
  readonly limit: number;
}

export const SLOT_BYTES: number = 128 * 1024;
const MAX_SLOTS = 128;

export const FREE = 0;
export const OPEN = 1;
export const CLOSED = 2;

/** Changes with the sender's work. */
export const WAKE = 0;
/** Changes when spans wait, also without sender. */
export const SENDER_NEEDED = 1;
const BUDGET = 2;
/** Copied by the sender, not yet delivered. */
export const HELD_BYTES = 3;
export const HELD_SPANS = 4;
/** Asked by workers; finished; whether the last delivered all. */
export const FLUSHES_ASKED = 5;
export const FLUSHES_OVER = 6;
export const FLUSH_DELIVERED = 7;
/** Distinguish older batches' records. */
export const BATCHES = 8;
/** By reason: spans; log records. */
const DROPPED = { spans: 9, logs: 13 };
export const HELD_LOGS = 12;
/** Each slot's state and batch number. */
const SLOTS = 16;

const DROP_REASONS: readonly DropReason[] = ['spool_full', 'too_large', 'encode_error'];

/** Enough without worker threads. */
export function makeWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (SLOTS + 2 * MAX_SLOTS)));
}

/** Untouched pages take no memory. */
export function makeSlots(limit: number): SharedArrayBuffer {
  const slots = Math.ceil(Math.max(limit, MIN_BUDGET_BYTES) / SLOT_BYTES);
  return new SharedArrayBuffer(Math.min(slots, MAX_SLOTS) * SLOT_BYTES);
}

export function budgetOf(words: Int32Array, limit: number): Budget {
  return new Budget(limit, words, BUDGET);
}

export function slotCount({ slots }: ProcessMemory): number {
  return slots.byteLength / SLOT_BYTES;
}

/** Followed by the batch number. */
export function stateWord(slot: number): number {
  return SLOTS + 2 * slot;
}

export function bytesOf(state: number): number {
  return state >>> 2;
}

export function statusOf(state: number): number {
  return state & 3;
}

export function stateOf(bytes: number, status: number): number {
  return (bytes << 2) | status;
}

export function notify(words: Int32Array, word: number): void {
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
}

export function countDropped(words: Int32Array, of: keyof typeof DROPPED, reason: DropReason): void {
  const index = DROP_REASONS.indexOf(reason);
  if (index >= 0) Atomics.add(words, DROPPED[of] + index, 1);
}

export function takeDropped(
  words: Int32Array,
  of: keyof typeof DROPPED,
  each: (reason: DropReason, count: number) => void,
): void {
  for (const [index, reason] of DROP_REASONS.entries()) {
    const count = Atomics.exchange(words, DROPPED[of] + index, 0);
    if (count > 0) each(reason, count);
  }
}

export function hasWaiting(memory: ProcessMemory): boolean {
  const { words } = memory;
  if (Atomics.load(words, HELD_SPANS) > 0 || Atomics.load(words, HELD_LOGS) > 0) return true;
  for (let slot = 0; slot < slotCount(memory); slot++) {
    if (bytesOf(Atomics.load(words, stateWord(slot))) > 0) return true;
  }
  return false;
}
