import { KIND, type SpanTable } from '../spans/span-table.ts';
import { firstWhere } from './first-where.ts';

interface Times {
  row: number;
  start: number;
  end: number;
}

interface Marks {
  /** When each had ended. */
  begins: number[];
  commits: number[];
  committed: Times[];
  /** Also a COMMIT that failed: which writes are undone is not known. */
  isUndone: boolean;
}

type Mark = 'begins' | 'commits' | 'isUndone';

const BEGIN = /^(?:BEGIN|START)\b/i;
const COMMIT = /^(?:COMMIT|END)\b/i;
const ROLLBACK = /^(?:ROLLBACK|ABORT)\b/i;

/** When a trace's writes can be seen by others, by its BEGIN and COMMIT. */
export class Transactions {
  readonly #table: SpanTable;
  readonly #marks = new Map<string, Marks>();

  constructor(table: SpanTable) {
    this.#table = table;
    const names = new Map<number, Mark | undefined>();
    for (let row = 0; row < table.size; row++) {
      if (table.kind[row] !== KIND.CLIENT) continue;
      const name = table.name[row]!;
      if (!names.has(name)) names.set(name, markOf(table.strings.text(name)));
      const mark = names.get(name);
      if (mark !== undefined && table.attributes[row]?.isDatabase === true) this.#take(row, mark);
    }
    for (const { begins, commits, committed } of this.#marks.values()) {
      for (const ends of [begins, commits]) ends.sort((a, b) => a - b);
      committed.sort((a, b) => a.start - b.start);
    }
  }

  /** Undefined: undone, or not known to be committed. */
  seenBy(write: Times): Times | undefined {
    const marks = this.#marks.get(this.#keyOf(write.row));
    if (!marks) return write;
    const { begins, commits, committed, isUndone } = marks;
    if (isUndone || begins.length > commits.length) return undefined;
    const [begun, ended] = [begins, commits].map((ends) => firstWhere(ends.length, (at) => ends[at]! > write.start));
    if (begun! <= ended!) return write;
    return committed[firstWhere(committed.length, (at) => committed[at]!.start >= write.end)];
  }

  #take(row: number, mark: Mark): void {
    const { start, end, failed } = this.#table;
    const key = this.#keyOf(row);
    let marks = this.#marks.get(key);
    if (!marks) this.#marks.set(key, (marks = { begins: [], commits: [], committed: [], isUndone: false }));
    if (mark === 'isUndone' || failed[row] === 1) {
      marks.isUndone = true;
      return;
    }
    marks[mark].push(end[row]!);
    if (mark === 'commits') marks.committed.push({ row, start: start[row]!, end: end[row]! });
  }

  #keyOf(row: number): string {
    const { trace, service, instance } = this.#table;
    return `${trace[row]} ${service[row]} ${instance[row]}`;
  }
}

function markOf(name: string): Mark | undefined {
  if (BEGIN.test(name)) return 'begins';
  if (COMMIT.test(name)) return 'commits';
  return ROLLBACK.test(name) ? 'isUndone' : undefined;
}
