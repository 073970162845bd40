import { KIND, type SpanTable } from '../spans/span-table.ts';
import type { Trees } from '../spans/trees.ts';
import { firstWhere } from './first-where.ts';
import type { Transactions } from './transactions.ts';

/** Spans of a trace in a time; after more nothing is said. */
const MOST_LOOKED_AT = 1_000;

const REPEATED_BY = new Set(['row insert', 'row update_relative', 'cache change']);

/** What a trace called. */
export class Calls {
  readonly #table: SpanTable;
  readonly #trees: Trees;
  readonly #transactions: Transactions;
  /** Of a trace by start. */
  readonly #rows = new Map<number, number[]>();
  /** Of a trace, each by start. */
  readonly #acts = new Map<number, Map<string, number[]>>();

  constructor(table: SpanTable, trees: Trees, transactions: Transactions) {
    this.#table = table;
    this.#trees = trees;
    this.#transactions = transactions;
  }

  /** The only one of a trace within a time. */
  only(trace: number, from: number, to: number): number | undefined {
    const rows = this.#between(trace, from, to);
    return rows?.length === 1 ? rows[0] : undefined;
  }

  /** Whether it read a value elsewhere, which a cache would hold: also what a POST answers. */
  loads(trace: number, from: number, to: number): boolean {
    const { attributes } = this.#table;
    const rows = this.#between(trace, from, to);
    return (
      rows === undefined ||
      rows.some((row) => {
        const { access, isPost } = attributes[row] ?? {};
        return access?.startsWith('cache ') !== true && (isPost === true || !this.#isAct(row));
      })
    );
  }

  /** Whether it called a cache in a way that may have set or removed any key: pipelines, scripts, several keys. */
  callsUnknown(trace: number, cache: number, from: number): boolean {
    const { kind, start, target, attributes } = this.#table;
    const rows = this.#rowsOf(trace);
    for (let at = firstWhere(rows.length, (each) => start[rows[each]!]! >= from); at < rows.length; at++) {
      const row = rows[at]!;
      if (kind[row] === KIND.CLIENT && target[row] === cache && attributes[row]?.access === undefined) return true;
    }
    return false;
  }

  /** What has an effect each time: an INSERT, `x = x + 1`, a message sent, a POST. By name and target, first of each. */
  actsOf(trace: number, since: number): Map<string, number> {
    const { start } = this.#table;
    let all = this.#acts.get(trace);
    if (!all) this.#acts.set(trace, (all = this.#actsAmong(this.#rowsOf(trace))));
    const acts = new Map<string, number>();
    for (const [what, rows] of all) {
      const row = rows[firstWhere(rows.length, (at) => start[rows[at]!]! >= since)];
      if (row !== undefined) acts.set(what, row);
    }
    return acts;
  }

  /** The same of the handling of a message: not of those that it sent. */
  actsBelow(top: number): Map<string, number> {
    return new Map([...this.#actsAmong(this.below(top))].map(([what, [row]]) => [what, row!]));
  }

  /** Not what consumers do. */
  below(top: number): number[] {
    const { children, childStart } = this.#trees;
    const rows = [top];
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!;
      for (let child = childStart[row]!; child < childStart[row + 1]!; child++)
        if (this.#table.kind[children[child]!] !== KIND.CONSUMER) rows.push(children[child]!);
    }
    return rows.slice(1);
  }

  /** Undefined: too many. */
  #between(trace: number, from: number, to: number): number[] | undefined {
    const { kind, start, end } = this.#table;
    const rows = this.#rowsOf(trace);
    const found: number[] = [];
    const first = firstWhere(rows.length, (at) => start[rows[at]!]! >= from);
    for (let at = first; at < rows.length && start[rows[at]!]! <= to; at++) {
      if (at - first >= MOST_LOOKED_AT) return undefined;
      const row = rows[at]!;
      if (kind[row] === KIND.CLIENT && end[row]! <= to) found.push(row);
    }
    return found;
  }

  #rowsOf(trace: number): number[] {
    let ordered = this.#rows.get(trace);
    if (!ordered) {
      const { start } = this.#table;
      const { traces, duplicate } = this.#trees;
      const all = [...traces.rows.subarray(traces.from[trace], traces.from[trace + 1])];
      ordered = all.filter((row) => duplicate[row] === 0).sort((a, b) => start[a]! - start[b]!);
      this.#rows.set(trace, ordered);
    }
    return ordered;
  }

  #actsAmong(rows: number[]): Map<string, number[]> {
    const { name, target, strings } = this.#table;
    const acts = new Map<string, number[]>();
    for (const row of rows) {
      if (!this.#isAct(row)) continue;
      const where = strings.text(target[row]!);
      const what = `${strings.text(name[row]!)}${where === '' ? '' : ` (${where})`}`;
      const known = acts.get(what);
      if (known) known.push(row);
      else acts.set(what, [row]);
    }
    return acts;
  }

  #isAct(row: number): boolean {
    const { kind, failed, start, end, attributes } = this.#table;
    if (failed[row] === 1) return false;
    if (kind[row] === KIND.PRODUCER) return true;
    const { isPost, access } = attributes[row] ?? {};
    if (kind[row] !== KIND.CLIENT) return false;
    if (access === undefined || !REPEATED_BY.has(access)) return isPost === true;
    return (
      access.startsWith('cache ') ||
      this.#transactions.seenBy({ row, start: start[row]!, end: end[row]! }) !== undefined
    );
  }
}
