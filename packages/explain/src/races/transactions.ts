import { KIND, type SpanTable } from '../spans/span-table.ts';

interface Times {
  row: number;
  start: number;
  end: number;
}

interface Marks {
  begins: Times[];
  commits: Times[];
  /** Also a COMMIT that failed: which writes are undone is not known. */
  isUndone: boolean;
}

const BEGIN = /^(?:BEGIN|START)\b/i;
const COMMIT = /^(?:COMMIT|END)\b/i;
const ROLLBACK = /^(?:ROLLBACK|ABORT)\b/i;

/** When a trace's writes can be seen by others, by its BEGIN and COMMIT. */
export class Transactions {
  readonly #table: SpanTable;
  readonly #marks = new Map<string, Marks>();

  constructor(table: SpanTable) {
    this.#table = table;
    const names = new Map<number, keyof Marks | undefined>();
    for (let row = 0; row < table.size; row++) {
      if (table.kind[row] !== KIND.CLIENT) continue;
      const name = table.name[row]!;
      if (!names.has(name)) names.set(name, markOf(table.strings.text(name)));
      const mark = names.get(name);
      if (mark !== undefined && table.attributes[row]?.isDatabase === true) this.#take(row, mark);
    }
  }

  /** Undefined: undone, or not known to be committed. */
  seenBy(write: Times): Times | undefined {
    const marks = this.#marks.get(this.#keyOf(write.row));
    if (!marks) return write;
    const { begins, commits, isUndone } = marks;
    if (isUndone || begins.length > commits.length) return undefined;
    const isInside =
      begins.filter(({ end }) => end <= write.start).length > commits.filter(({ end }) => end <= write.start).length;
    return isInside ? commits.find(({ start }) => start >= write.end) : write;
  }

  #take(row: number, mark: keyof Marks): void {
    const { start, end, failed } = this.#table;
    const key = this.#keyOf(row);
    let marks = this.#marks.get(key);
    if (!marks) this.#marks.set(key, (marks = { begins: [], commits: [], isUndone: false }));
    const times = { row, start: start[row]!, end: end[row]! };
    if (mark === 'isUndone' || failed[row] === 1) marks.isUndone = true;
    else insert(marks[mark], times);
  }

  #keyOf(row: number): string {
    const { trace, service, instance } = this.#table;
    return `${trace[row]} ${service[row]} ${instance[row]}`;
  }
}

function markOf(name: string): keyof Marks | undefined {
  if (BEGIN.test(name)) return 'begins';
  if (COMMIT.test(name)) return 'commits';
  return ROLLBACK.test(name) ? 'isUndone' : undefined;
}

function insert(sorted: Times[], times: Times): void {
  const at = sorted.findIndex(({ start }) => start > times.start);
  sorted.splice(at < 0 ? sorted.length : at, 0, times);
}
