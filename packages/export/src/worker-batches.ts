import type { Budget } from './budget.ts';
import { countOf, type Signal } from './destination.ts';
import type { RecordBatch } from './otlp-request.ts';
import {
  budgetOf,
  bytesOf,
  CLOSED,
  FREE,
  HELD_BYTES,
  HELD_LOGS,
  HELD_SPANS,
  OPEN,
  SLOT_BYTES,
  slotCount,
  stateOf,
  stateWord,
  statusOf,
  WAKE,
  type ProcessMemory,
} from './process-memory.ts';
import { countItems } from './records.ts';

/** For worker threads. */
export class WorkerBatches {
  readonly #memory: ProcessMemory;
  readonly #budget: Budget;
  readonly #delayMs: number;
  readonly #woken: () => void;
  /** By slot. */
  readonly #openSince: { number: number; at: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param delayMs age of partial batches to take
   * @param woken {@link take} is due
   */
  constructor(memory: ProcessMemory, delayMs: number, woken: () => void) {
    this.#memory = memory;
    this.#budget = budgetOf(memory.words, memory.limit);
    this.#delayMs = delayMs;
    this.#woken = woken;
  }

  /** @param all also open batches */
  take(each: (batch: RecordBatch) => void, all: boolean): void {
    const { words } = this.#memory;
    const now = performance.now();
    let next = Infinity;
    for (let slot = 0; slot < slotCount(this.#memory); slot++) {
      const word = stateWord(slot);
      let state = Atomics.load(words, word);
      while (statusOf(state) === OPEN) {
        const due = this.#since(slot, words[word + 1]!, now) + this.#delayMs;
        if (!all && due > now) {
          next = Math.min(next, due);
          break;
        }
        const found = Atomics.compareExchange(words, word, state, stateOf(bytesOf(state), CLOSED));
        // Its owner changed it meanwhile.
        state = found === state ? stateOf(bytesOf(state), CLOSED) : found;
      }
      if (statusOf(state) === CLOSED) this.#copy(slot, bytesOf(state), each);
    }
    clearTimeout(this.#timer);
    this.#timer = next === Infinity ? undefined : setTimeout(this.#woken, next - now).unref();
  }

  /** Untaken, in the worker's memory. */
  eachOpen(visit: (bytes: Buffer, number: number, end: number) => void): void {
    const { words, slots } = this.#memory;
    for (let slot = 0; slot < slotCount(this.#memory); slot++) {
      const word = stateWord(slot);
      const state = Atomics.load(words, word);
      if (statusOf(state) === FREE || bytesOf(state) === 0) continue;
      visit(Buffer.from(slots, slot * SLOT_BYTES, SLOT_BYTES), words[word + 1]! >>> 0, bytesOf(state));
    }
  }

  /** Every destination for a signal has finished it. */
  forget(batch: RecordBatch, signal: Signal): void {
    Atomics.sub(this.#memory.words, signal === 'logs' ? HELD_LOGS : HELD_SPANS, countOf(batch, signal));
  }

  /** Every destination has finished it. */
  release(batch: RecordBatch): void {
    const { words } = this.#memory;
    Atomics.sub(words, HELD_BYTES, batch.end);
    this.#budget.release(batch.end);
  }

  #since(slot: number, number: number, now: number): number {
    const open = this.#openSince[slot];
    if (open?.number === number) return open.at;
    this.#openSince[slot] = { number, at: now };
    return now;
  }

  #copy(slot: number, size: number, each: (batch: RecordBatch) => void): void {
    const { words, slots } = this.#memory;
    const word = stateWord(slot);
    const number = words[word + 1]! >>> 0;
    const bytes = Buffer.allocUnsafeSlow(size);
    Buffer.from(slots, slot * SLOT_BYTES, size).copy(bytes);
    const { spans, logs, end } = countItems(bytes, 0, size, number);
    Atomics.add(words, HELD_SPANS, spans);
    Atomics.add(words, HELD_LOGS, logs);
    Atomics.add(words, HELD_BYTES, end);
    Atomics.store(words, word, FREE);
    // Waiting, it counts its own bytes only.
    this.#budget.release(SLOT_BYTES - end);
    if (spans + logs > 0) each({ bytes, number, start: 0, end, spans, logs });
  }

  /** Without messages or other event loops. */
  listen(): void {
    const { words } = this.#memory;
    const waiting = Atomics.waitAsync(words, WAKE, Atomics.load(words, WAKE));
    this.#woken();
    if (waiting.async) void waiting.value.then(() => this.listen());
    else setImmediate(() => this.listen());
  }
}
