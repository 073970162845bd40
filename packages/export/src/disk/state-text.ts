import { ERROR_LENGTH, STATE_LENGTH, TEXT_BYTES, TEXT_SEQUENCE, type SpoolMemory } from './spool-memory.ts';

export interface StateText {
  /** Pools and breakers. */
  readonly state: string;
  /** Of the last span that failed. */
  readonly error: string;
}

const STATE_BYTES = TEXT_BYTES / 2;

/** Main thread. Too long is cut. */
export function writeStateText({ words, text }: SpoolMemory, { state, error }: StateText): void {
  const bytes = Buffer.from(text);
  Atomics.add(words, TEXT_SEQUENCE, 1);
  Atomics.store(words, STATE_LENGTH, bytes.write(state, 0, STATE_BYTES));
  Atomics.store(words, ERROR_LENGTH, bytes.write(error, STATE_BYTES, TEXT_BYTES - STATE_BYTES));
  Atomics.add(words, TEXT_SEQUENCE, 1);
}

/** Sender thread. Undefined while written. */
export function readStateText({ words, text }: SpoolMemory): StateText | undefined {
  const sequence = Atomics.load(words, TEXT_SEQUENCE);
  const bytes = Buffer.from(text);
  const state = bytes.toString('utf8', 0, Atomics.load(words, STATE_LENGTH));
  const error = bytes.toString('utf8', STATE_BYTES, STATE_BYTES + Atomics.load(words, ERROR_LENGTH));
  return (sequence & 1) === 0 && Atomics.load(words, TEXT_SEQUENCE) === sequence ? { state, error } : undefined;
}
