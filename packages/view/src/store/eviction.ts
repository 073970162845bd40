import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { KEEP, usedBytes } from './database.ts';

/** Traces that are taken away at a time. */
const AT_A_TIME = 32;
/** More is taken away than is needed now, so that not every batch has to. */
const MORE = 0.02;
/** Errors and slow traces may fill this share before the healthy ones have to go: an answer compares with those. */
const MOST_NOTABLE = 0.5;
/** Traces that are pinned, and the share of the store that they may fill. */
const MOST_PINNED = 100;
const MOST_PINNED_SHARE = 0.25;

/** A trace that goes. */
export interface Victim {
  id: number;
  keep: number;
  start_ms: number;
  spans: number;
  logs: number;
  bytes: number;
}

/** Which traces go when room is needed: the oldest healthy ones, then the oldest with errors, slow or waiting, last the pinned. */
export class Eviction {
  readonly #database: DatabaseSync;
  readonly #limitBytes: number;
  readonly #oldest: StatementSync;
  readonly #delete: StatementSync[];
  readonly #remember: StatementSync;
  /** Bytes of the records, by `keep`. */
  bytes: number[] = [0, 0, 0];
  evictedTraces = 0;
  /** Before this not all traces are here: those that were fast and without errors are gone. Milliseconds since 1970. */
  completeSince: number;
  onForgotten: (victims: Victim[]) => void = () => {};

  constructor(database: DatabaseSync, limitBytes: number) {
    this.#database = database;
    this.#limitBytes = limitBytes;
    this.#oldest = database.prepare(
      'SELECT id, keep, start_ms, spans, logs, bytes FROM traces WHERE keep = ? ORDER BY start_ms LIMIT ?',
    );
    this.#delete = ['spans WHERE trace', 'logs WHERE trace', 'traces WHERE id'].map((what) =>
      database.prepare(`DELETE FROM ${what} = ?`),
    );
    this.#remember = database.prepare('UPDATE eviction SET complete_since = ?');
    this.completeSince = database.prepare('SELECT complete_since FROM eviction').get()!['complete_since'] as number;
    const sums = database.prepare('SELECT keep, sum(bytes) AS bytes FROM traces GROUP BY keep').all();
    for (const { keep, bytes } of sums as { keep: number; bytes: number }[]) this.bytes[keep] = bytes;
  }

  /** Takes traces away until so many bytes have room, or nothing is left. */
  makeRoom(bytes: number): void {
    if (usedBytes(this.#database) + bytes <= this.#limitBytes) return;
    const goal = this.#limitBytes - bytes - this.#limitBytes * MORE;
    while (usedBytes(this.#database) > goal && this.takeAway()) {}
  }

  /** Takes away a share of all that there is. */
  takeAwayShare(share: number): void {
    const all = (): number => this.bytes[0]! + this.bytes[1]! + this.bytes[2]!;
    const goal = all() * (1 - share);
    while (all() > goal && this.takeAway()) {}
  }

  /** Takes away the next few traces; false if there is none. */
  takeAway(): boolean {
    const all = this.bytes[0]! + this.bytes[1]! + this.bytes[2]!;
    const order =
      this.bytes[KEEP.NOTABLE]! > all * MOST_NOTABLE
        ? [KEEP.NOTABLE, KEEP.HEALTHY, KEEP.PINNED]
        : [KEEP.HEALTHY, KEEP.NOTABLE, KEEP.PINNED];
    for (const keep of order) {
      const victims = this.#oldest.all(keep, AT_A_TIME) as unknown as Victim[];
      if (victims.length === 0) continue;
      this.#database.exec('BEGIN');
      for (const victim of victims) this.#forget(victim);
      this.#remember.run(this.completeSince);
      this.#database.exec('COMMIT');
      this.onForgotten(victims);
      return true;
    }
    return false;
  }

  /** Keeps these traces until nothing else is left, and no longer those that were named before. */
  pin(traceIds: string[]): void {
    const find = this.#database.prepare('SELECT id, keep, bytes FROM traces WHERE trace_id = ?');
    const set = this.#database.prepare('UPDATE traces SET keep = ? WHERE id = ?');
    const change = (row: Pick<Victim, 'id' | 'keep' | 'bytes'>, keep: number): void => {
      set.run(keep, row.id);
      this.bytes[row.keep]! -= row.bytes;
      this.bytes[keep]! += row.bytes;
    };
    this.#database.exec('BEGIN');
    const before = this.#database.prepare('SELECT id, keep, bytes FROM traces WHERE keep = ?').all(KEEP.PINNED);
    for (const row of before) change(row as unknown as Victim, KEEP.NOTABLE);
    for (const traceId of traceIds.slice(0, MOST_PINNED)) {
      const row = find.get(traceId) as unknown as Victim | undefined;
      if (row && this.bytes[KEEP.PINNED]! + row.bytes <= this.#limitBytes * MOST_PINNED_SHARE) change(row, KEEP.PINNED);
    }
    this.#database.exec('COMMIT');
  }

  #forget({ id, keep, start_ms, bytes }: Victim): void {
    for (const statement of this.#delete) statement.run(id);
    this.bytes[keep]! -= bytes;
    this.evictedTraces++;
    // The next trace that is left may have begun in the same moment.
    this.completeSince = Math.max(this.completeSince, Math.floor(start_ms) + 1);
  }
}
