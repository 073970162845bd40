import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { KEEP, usedBytes } from './database.ts';

const AT_A_TIME = 32;
/** More than needed: not for every batch. */
const MORE = 0.02;
/** More notable traces would displace healthy ones, an answer's baseline. */
const MOST_NOTABLE = 0.5;
const MOST_PINNED = 100;
const MOST_PINNED_SHARE = 0.25;

export interface Victim {
  id: number;
  keep: number;
  start_ms: number;
  spans: number;
  logs: number;
  bytes: number;
}

/** Evicts the oldest healthy traces, then those with errors, slow or waiting, finally pinned. */
export class Eviction {
  readonly #database: DatabaseSync;
  readonly #limitBytes: number;
  readonly #oldest: StatementSync;
  readonly #delete: StatementSync[];
  readonly #remember: StatementSync;
  /** By `keep`. */
  bytes: number[] = [0, 0, 0];
  evictedTraces = 0;
  /** Earlier, fast traces without errors are incomplete. Unix milliseconds. */
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

  makeRoom(bytes: number): void {
    if (usedBytes(this.#database) + bytes <= this.#limitBytes) return;
    const goal = this.#limitBytes - bytes - this.#limitBytes * MORE;
    while (usedBytes(this.#database) > goal && this.takeAway()) {}
  }

  takeAwayShare(share: number): void {
    const all = (): number => this.bytes[0]! + this.bytes[1]! + this.bytes[2]!;
    const goal = all() * (1 - share);
    while (all() > goal && this.takeAway()) {}
  }

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

  /** Evicted last; replaces the previous list. */
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
    // The next may start equally.
    this.completeSince = Math.max(this.completeSince, Math.floor(start_ms) + 1);
  }
}
