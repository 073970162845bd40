import { KIND, type SpanTable } from '../spans/span-table.ts';
import { type RowsOfTraces, rowsOfTraces } from '../spans/rows-of-traces.ts';
import type { Trees } from '../spans/trees.ts';
import type { Transactions } from './transactions.ts';

const REPEATED_BY = new Set(['row insert', 'row update_relative', 'cache change']);

/** What a trace called. */
export class Calls {
  readonly #table: SpanTable;
  readonly #trees: Trees;
  readonly #transactions: Transactions;
  readonly #traces: RowsOfTraces;
  readonly #ordered = new Map<number, number[]>();

  constructor(table: SpanTable, trees: Trees, transactions: Transactions) {
    this.#table = table;
    this.#trees = trees;
    this.#transactions = transactions;
    this.#traces = rowsOfTraces(table);
  }

  /** Of a trace, within a time. */
  between(trace: number, from: number, to: number): number[] {
    const { kind, start, end } = this.#table;
    return this.#rowsOf(trace).filter((row) => kind[row] === KIND.CLIENT && start[row]! >= from && end[row]! <= to);
  }

  /** Whether it read a value elsewhere, which a cache would hold. */
  loads(trace: number, from: number, to: number): boolean {
    const { attributes } = this.#table;
    return this.between(trace, from, to).some(
      (row) => attributes[row]?.access?.startsWith('cache ') !== true && !this.#isAct(row),
    );
  }

  /** What has an effect each time: an INSERT, `x = x + 1`, a message sent, a POST. By name and target, first of each. */
  actsOf(trace: number, since: number): Map<string, number> {
    return this.#acts(this.#rowsOf(trace).filter((row) => this.#table.start[row]! >= since));
  }

  /** The same, below a span. */
  actsBelow(top: number): Map<string, number> {
    const { children, childStart } = this.#trees;
    const below: number[] = [];
    const rows = [top];
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!;
      for (let child = childStart[row]!; child < childStart[row + 1]!; child++) rows.push(children[child]!);
      if (at > 0) below.push(row);
    }
    return this.#acts(below);
  }

  #rowsOf(trace: number): number[] {
    let ordered = this.#ordered.get(trace);
    if (!ordered) {
      const { start } = this.#table;
      const { rows, from } = this.#traces;
      const all = [...rows.subarray(from[trace], from[trace + 1])];
      ordered = all.filter((row) => this.#trees.duplicate[row] === 0).sort((a, b) => start[a]! - start[b]!);
      this.#ordered.set(trace, ordered);
    }
    return ordered;
  }

  #acts(rows: number[]): Map<string, number> {
    const { name, target, strings } = this.#table;
    const acts = new Map<string, number>();
    for (const row of rows) {
      if (!this.#isAct(row)) continue;
      const where = strings.text(target[row]!);
      const what = `${strings.text(name[row]!)}${where === '' ? '' : ` (${where})`}`;
      if (!acts.has(what)) acts.set(what, row);
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
