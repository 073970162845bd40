import type { LogLine, PathPiece, Status, TraceRest, TraceRows } from '../contract.ts';
import type { SpanSummary } from '../../store/span-summary.ts';

/** What the waterfall draws. */
export interface Row extends SpanSummary {
  spanId: string;
  name: string;
  service: string;
  kind: number;
  /** Unix milliseconds. */
  start: number;
  durationMs: number;
  status: Status;
  isWait: boolean;
}

const STATUSES: Status[] = ['unset', 'ok', 'error'];
const NO_REST: TraceRest = { logs: [], criticalPath: [], heldBy: [] };

/** Parents before children, by start. A place is an index in this order. */
export class TraceModel {
  readonly traceId: string;
  readonly isCut: boolean;
  readonly size: number;
  readonly errors: number;
  readonly services: string[];
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Its place; -1 for roots. */
  readonly parent: readonly number[];
  readonly depth: Int32Array;
  /** After the last descendant. */
  readonly end: Int32Array;
  readonly logs: LogLine[];
  /** By span. */
  readonly critical: Map<string, PathPiece[]>;
  readonly #heldBy: Map<string, string | null>;
  readonly #rows: TraceRows;
  readonly #made: Row[] = [];
  #places: Map<string, number> | undefined;

  constructor(rows: TraceRows, { logs, criticalPath, heldBy }: TraceRest = NO_REST) {
    this.#rows = rows;
    this.traceId = rows.traceId;
    this.isCut = rows.isCut;
    this.size = rows.order.length;
    this.parent = rows.parents;
    this.errors = rows.statuses.reduce((sum, status) => sum + (status === 2 ? 1 : 0), 0);
    this.services = [...new Set(Object.values(rows.services))].sort();
    this.logs = logs.toSorted((a, b) => a.time - b.time);
    this.critical = grouped(criticalPath);
    this.#heldBy = new Map(heldBy.map(({ spanId, holderSpanId }) => [spanId, holderSpanId]));
    this.depth = new Int32Array(this.size);
    this.end = new Int32Array(this.size);
    for (let place = 0; place < this.size; place++) {
      const parent = this.parent[place]!;
      this.depth[place] = parent < 0 ? 0 : this.depth[parent]! + 1;
    }
    for (let place = this.size - 1; place >= 0; place--) {
      const parent = this.parent[place]!;
      const end = (this.end[place] ||= place + 1);
      if (parent >= 0 && this.end[parent]! < end) this.end[parent] = end;
    }
    const first = rows.starts.reduce((least, start) => Math.min(least, start), Infinity);
    const last = rows.ends.reduce((most, end) => Math.max(most, end), -Infinity);
    this.from = this.size === 0 ? 0 : rows.from + first / 1e6;
    // Never empty: it is drawn.
    this.to = last > first ? rows.from + last / 1e6 : this.from + 1;
  }

  spanId(place: number): string {
    return idAt(this.#rows, this.#rows.order[place]!);
  }

  /** Undefined if not here; the first of several with one id. */
  placeOf(spanId: string): number | undefined {
    if (!this.#places) {
      this.#places = new Map();
      for (let place = this.size - 1; place >= 0; place--) this.#places.set(this.spanId(place), place);
    }
    return this.#places.get(spanId);
  }

  row(place: number): Row {
    return (this.#made[place] ??= this.#make(this.#rows.order[place]!));
  }

  /** The trace of what the span waited for; its span is known later. */
  holder({ spanId, holder }: Row): { traceId: string; spanId: string | null } | undefined {
    return holder && { traceId: holder.traceId, spanId: this.#heldBy.get(spanId) ?? null };
  }

  #make(at: number): Row {
    const { services, resources, names, kinds, starts, ends, statuses, summaries, from } = this.#rows;
    const name = names[at]!;
    return {
      ...summaries[at],
      spanId: idAt(this.#rows, at),
      name,
      service: services[resources[at]!]!,
      kind: kinds[at]!,
      start: from + starts[at]! / 1e6,
      durationMs: (ends[at]! - starts[at]!) / 1e6,
      status: STATUSES[statuses[at]!]!,
      isWait: /^(pool\.acquire|queue\.wait)\b/.test(name),
    };
  }
}

function idAt({ spanIds }: TraceRows, at: number): string {
  return spanIds.slice(at * 16, at * 16 + 16);
}

function grouped(pieces: readonly PathPiece[]): Map<string, PathPiece[]> {
  const groups = new Map<string, PathPiece[]>();
  for (const piece of pieces) {
    const group = groups.get(piece.spanId);
    if (group) group.push(piece);
    else groups.set(piece.spanId, [piece]);
  }
  return groups;
}

/** Without descendants of closed spans. */
export function visible(model: TraceModel, closed: ReadonlySet<number>, isCriticalOnly: boolean): Int32Array {
  const rows = new Int32Array(model.size);
  let size = 0;
  for (let place = 0; place < model.size;) {
    if (!isCriticalOnly || model.critical.has(model.spanId(place))) rows[size++] = place;
    place = closed.has(place) ? model.end[place]! : place + 1;
  }
  return rows.subarray(0, size);
}
