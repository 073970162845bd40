/** An array a property: about 80 bytes per span. */
export class SpanColumns {
  protected room = 1024;

  trace: Int32Array = new Int32Array(this.room);
  idHigh: Uint32Array = new Uint32Array(this.room);
  idLow: Uint32Array = new Uint32Array(this.room);
  parentHigh: Uint32Array = new Uint32Array(this.room);
  parentLow: Uint32Array = new Uint32Array(this.room);
  /** 1 where the span names a parent. */
  hasParent: Uint8Array = new Uint8Array(this.room);
  service: Int32Array = new Int32Array(this.room);
  instance: Int32Array = new Int32Array(this.room);
  version: Int32Array = new Int32Array(this.room);
  host: Int32Array = new Int32Array(this.room);
  config: Int32Array = new Int32Array(this.room);
  name: Int32Array = new Int32Array(this.room);
  kind: Uint8Array = new Uint8Array(this.room);
  failed: Uint8Array = new Uint8Array(this.room);
  errorType: Int32Array = new Int32Array(this.room);
  target: Int32Array = new Int32Array(this.room);
  start: Float64Array = new Float64Array(this.room);
  end: Float64Array = new Float64Array(this.room);
  /** Of `SharedAttributes`; 0: none. */
  attributesNumber: Int32Array = new Int32Array(this.room);

  /** At least for so many spans. */
  protected growTo(size: number): void {
    if (size <= this.room) return;
    while (this.room < size) this.room *= 2;
    const columns = this as Record<Column, Values>;
    for (const column of COLUMNS) {
      const from = columns[column];
      const to = new (from.constructor as new (length: number) => Values)(this.room);
      to.set(from);
      columns[column] = to;
    }
  }
}

type Values = Int32Array | Uint32Array | Uint8Array | Float64Array;

/** Of numbers of texts, which differ by table. */
const TEXTS = ['service', 'instance', 'version', 'host', 'config', 'name', 'errorType', 'target'] as const;
const PLAIN = ['idHigh', 'idLow', 'parentHigh', 'parentLow', 'hasParent', 'kind', 'failed', 'start', 'end'] as const;
const COLUMNS = [...TEXTS, ...PLAIN, 'trace', 'attributesNumber'] as const;

type Column = (typeof COLUMNS)[number];
export type ColumnsCopy = Record<Column, Values>;

export function copyColumns(columns: SpanColumns, size: number): ColumnsCopy {
  return Object.fromEntries(COLUMNS.map((column) => [column, columns[column].slice(0, size)])) as ColumnsCopy;
}

/** For each number of another table, that of this one. */
export interface Renumbered {
  texts: Int32Array;
  traces: Int32Array;
  attributes: Int32Array;
}

/** From row `at` on, where there is room. */
export function writeColumns(
  to: SpanColumns,
  at: number,
  copy: ColumnsCopy,
  { texts, traces, attributes }: Renumbered,
): void {
  for (const column of PLAIN) to[column].set(copy[column], at);
  for (const column of TEXTS) renumber(copy[column], texts, to[column], at);
  renumber(copy.trace, traces, to.trace, at);
  renumber(copy.attributesNumber, attributes, to.attributesNumber, at);
}

function renumber(from: Values, numbers: Int32Array, to: Int32Array, at: number): void {
  for (let i = 0; i < from.length; i++) to[at + i] = numbers[from[i]!]!;
}
