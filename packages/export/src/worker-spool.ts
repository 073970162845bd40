import type { Attributes } from '@opentelemetry/api';
import type { Budget } from './budget.ts';
import { SpanEncoder } from './encode/span-encoder.ts';
import type { FinishedSpan, Scope } from './finished-span.ts';
import {
  BATCHES,
  budgetOf,
  CLOSED,
  FREE,
  notify,
  OPEN,
  SENDER_NEEDED,
  SLOT_BYTES,
  slotCount,
  stateOf,
  stateWord,
  WAKE,
  type ProcessMemory,
} from './process-memory.ts';
import type { LogRecord } from './log-record.ts';
import { HEADER_BYTES, LOG, RESOURCE, SCOPE, SPAN, writeHeader } from './records.ts';
import type { DropReason } from './spool.ts';

interface Slot {
  readonly bytes: Buffer;
  readonly word: number;
  readonly number: number;
  used: number;
  items: number;
}

/** An appended span is the sender's at once, and survives this thread. */
export class WorkerSpool {
  readonly #memory: ProcessMemory;
  readonly #budget: Budget;
  readonly #batchSize: number;
  readonly #resource: Uint8Array;
  readonly #encoder = new SpanEncoder();
  readonly #scopes = new Map<Scope, number>();
  #slot: Slot | undefined;

  constructor(memory: ProcessMemory, batchSize: number, resource: Attributes) {
    this.#memory = memory;
    this.#budget = budgetOf(memory.words, memory.limit);
    this.#batchSize = batchSize;
    const scratch = Buffer.alloc(SLOT_BYTES / 2);
    this.#resource = Uint8Array.from(scratch.subarray(0, this.#encoder.encodeResource(resource, scratch, 0)));
  }

  /** @returns why the span was dropped */
  append(span: FinishedSpan): DropReason | undefined {
    return this.#append(SPAN, span);
  }

  /** As {@link append}. */
  appendLog(log: LogRecord): DropReason | undefined {
    return this.#append(LOG, log);
  }

  get isFullForLogs(): boolean {
    return this.#budget.isFullForLogs;
  }

  #append(type: number, item: FinishedSpan | LogRecord): DropReason | undefined {
    // Perhaps full, or closed by the sender.
    for (let attempt = 0; attempt < 3; attempt++) {
      const slot = (this.#slot ??= this.#claim());
      if (!slot) return 'spool_full';
      const end = this.#write(slot, type, item);
      if (end === -1) {
        if (slot.used === 0) return 'too_large';
        this.close();
      } else if (this.#commit(slot, end)) {
        if (slot.items >= this.#batchSize) this.close();
        return undefined;
      }
    }
    return 'spool_full';
  }

  close(): void {
    const slot = this.#slot;
    if (!slot) return;
    this.#slot = undefined;
    const { words } = this.#memory;
    const { word, used } = slot;
    if (Atomics.compareExchange(words, word, stateOf(used, OPEN), stateOf(used, CLOSED)) === stateOf(used, OPEN)) {
      notify(words, WAKE);
    }
  }

  #claim(): Slot | undefined {
    if (!this.#budget.reserve(SLOT_BYTES)) return undefined;
    const { words, slots } = this.#memory;
    for (let i = 0; i < slotCount(this.#memory); i++) {
      const word = stateWord(i);
      if (Atomics.load(words, word) !== FREE) continue;
      if (Atomics.compareExchange(words, word, FREE, stateOf(0, OPEN)) !== FREE) continue;
      const number = Atomics.add(words, BATCHES, 1) >>> 0;
      Atomics.store(words, word + 1, number | 0);
      this.#scopes.clear();
      return { bytes: Buffer.from(slots, i * SLOT_BYTES, SLOT_BYTES), word, number, used: 0, items: 0 };
    }
    this.#budget.release(SLOT_BYTES);
    return undefined;
  }

  /** False if the sender has closed it. */
  #commit(slot: Slot, end: number): boolean {
    const { words } = this.#memory;
    const before = stateOf(slot.used, OPEN);
    if (Atomics.compareExchange(words, slot.word, before, stateOf(end, OPEN)) !== before) {
      this.#slot = undefined;
      return false;
    }
    slot.used = end;
    if (++slot.items === 1) {
      notify(words, WAKE);
      notify(words, SENDER_NEEDED);
    }
    return true;
  }

  /** @returns the position after it, or -1 if the slot is too small */
  #write(slot: Slot, type: number, item: FinishedSpan | LogRecord): number {
    const { bytes, number } = slot;
    let pos = slot.used;
    const isFirst = pos === 0;
    if (isFirst) {
      bytes.set(this.#resource, HEADER_BYTES);
      writeHeader(bytes, 0, RESOURCE, this.#resource.length, 0, number);
      pos = HEADER_BYTES + this.#resource.length;
    }
    const scope = type === SPAN ? (item as FinishedSpan).instrumentationScope : (item as LogRecord).scope;
    let id = this.#scopes.get(scope);
    if (id === undefined) {
      id = this.#scopes.size + 1;
      const end = this.#encoder.encodeScope(scope, bytes, pos + HEADER_BYTES);
      if (end === -1) return -1;
      writeHeader(bytes, pos, SCOPE, end - pos - HEADER_BYTES, id, number);
      pos = end;
    }
    const at = pos + HEADER_BYTES;
    const end =
      type === SPAN
        ? // Larger spans, alone in a slot, are cut.
          this.#encoder.encode(item as FinishedSpan, bytes, at, isFirst ? SLOT_BYTES - at : undefined)
        : this.#encoder.encodeLog(item as LogRecord, bytes, at);
    if (end === -1) return -1;
    writeHeader(bytes, pos, type, end - pos - HEADER_BYTES, id, number);
    if (id > this.#scopes.size) this.#scopes.set(scope, id);
    return end;
  }
}
