import { Budget, MIN_BUDGET_BYTES } from './budget.ts';
import type { DropReason } from './spool.ts';

/**
 * Memory that the threads of a process have in common, so that all worker threads of an application share one
 * sender and one limit. A worker thread writes its spans into a slot; the sender copies what is there and gives the
 * slot back. Neither waits for the other, nor for the main thread, which may be blocked; and a slot outlives the
 * worker that wrote it, however that ended.
 *
 * A slot's state is one word, `bytes << 2 | status`: free, open (its owner appends, and may find that the sender
 * has closed it meanwhile), or closed (the sender's). Every change of owner is one compare-and-exchange.
 */
export interface ProcessMemory {
  readonly words: Int32Array;
  readonly slots: SharedArrayBuffer;
  /** Bytes, of all threads together. */
  readonly limit: number;
}

export const SLOT_BYTES: number = 128 * 1024;
const MAX_SLOTS = 128;

export const FREE = 0;
export const OPEN = 1;
export const CLOSED = 2;

/** Changes when the sender has something to look at. */
export const WAKE = 0;
/** Changes when spans wait, whether or not there is a sender. */
export const SENDER_NEEDED = 1;
/** Bytes of all that waits. */
const BUDGET = 2;
/** Bytes and spans that the sender has copied and not yet brought to every destination. */
export const HELD_BYTES = 3;
export const HELD_SPANS = 4;
/** Flushes that workers asked for, those that are over, and whether the last found everything delivered. */
export const FLUSHES_ASKED = 5;
export const FLUSHES_OVER = 6;
export const FLUSH_DELIVERED = 7;
/** Numbers the batches, so that a record of an older one is recognised. */
export const BATCHES = 8;
const DROPPED = 9;
/** Two words a slot: its state, and the number of its batch. */
const SLOTS = 16;

const DROP_REASONS: readonly DropReason[] = ['spool_full', 'too_large', 'encode_error'];

/** The words alone: what a process without worker threads needs. */
export function makeWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (SLOTS + 2 * MAX_SLOTS)));
}

/** Pages that were never written take no memory. */
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

/** The word that holds a slot's state; the next one has its batch's number. */
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

/** Changes a word and wakes who waits for that. */
export function notify(words: Int32Array, word: number): void {
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
}

/** Counts spans that a worker could not hand over. */
export function countDropped(words: Int32Array, reason: DropReason): void {
  const index = DROP_REASONS.indexOf(reason);
  if (index >= 0) Atomics.add(words, DROPPED + index, 1);
}

/** What was counted since this was last asked. */
export function takeDropped(words: Int32Array, each: (reason: DropReason, spans: number) => void): void {
  for (const [index, reason] of DROP_REASONS.entries()) {
    const spans = Atomics.exchange(words, DROPPED + index, 0);
    if (spans > 0) each(reason, spans);
  }
}

/** Whether spans of workers wait, in a slot or at the sender. */
export function hasWaiting(memory: ProcessMemory): boolean {
  const { words } = memory;
  if (Atomics.load(words, HELD_SPANS) > 0) return true;
  for (let slot = 0; slot < slotCount(memory); slot++) {
    if (bytesOf(Atomics.load(words, stateWord(slot))) > 0) return true;
  }
  return false;
}
