import { countItems, HEADER_BYTES, isItem, readRecords } from '../records.ts';
import type { FileBatch } from './file-format.ts';

/** What the sender thread's files of a process have, by batch. */
export class KnownRecords {
  readonly #records = new Map<number, Set<string>>();
  readonly #sent = new Set<number>();

  add({ key, bytes, number, start, end }: FileBatch): void {
    const known = this.#records.get(key) ?? new Set();
    this.#records.set(key, known);
    readRecords(bytes, start, end, number, (_, from, to) => known.add(bytes.toString('latin1', from, to)));
  }

  /** The backend had it whole, which nobody could acknowledge. */
  addSent(key: number): void {
    this.#sent.add(key);
  }

  /** The rest of a file that the main thread wrote instead. */
  without(batches: readonly FileBatch[], wasKilled: boolean): FileBatch[] {
    return batches.flatMap((batch) => {
      const { key, bytes, number, start, end } = batch;
      if (wasKilled && this.#sent.has(key)) return [];
      const known = this.#records.get(key);
      if (!known) return [batch];
      const parts: Buffer[] = [];
      readRecords(bytes, start, end, number, (type, from, to) => {
        if (isItem(type) && known.has(bytes.toString('latin1', from, to))) return;
        parts.push(bytes.subarray(from - HEADER_BYTES, to));
      });
      const rest = Buffer.concat(parts);
      const counts = countItems(rest, 0, rest.length, number);
      return counts.spans + counts.logs > 0 ? [{ key, bytes: rest, number, start: 0, ...counts }] : [];
    });
  }
}
