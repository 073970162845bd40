import type { Holder, Span, Trace } from '../contract.ts';

/** Parents before their children, children by start. */
export interface TraceModel {
  spans: Span[];
  depth: Int32Array;
  /** Index of the parent; -1 for a root. */
  parent: Int32Array;
  /** Index after the last descendant. */
  end: Int32Array;
  byId: Map<string, number>;
  critical: Map<string, { from: number; to: number }[]>;
  holders: Map<string, Holder[]>;
  services: string[];
  from: number;
  to: number;
}

export function modelOf(trace: Trace): TraceModel {
  const input = [...trace.spans].sort((a, b) => a.start - b.start || b.durationMs - a.durationMs);
  const tree = familiesOf(input);
  const size = input.length;
  const model: TraceModel = {
    spans: [],
    depth: new Int32Array(size),
    parent: new Int32Array(size).fill(-1),
    end: new Int32Array(size),
    byId: new Map(),
    critical: grouped(trace.criticalPath),
    holders: grouped(trace.heldBy),
    services: [...new Set(input.map(({ service }) => service))].sort(),
    ...timesOf(input),
  };
  const placeOf = new Int32Array(size).fill(-1);
  for (let i = 0; i < size; i++) if (tree.above[i]! < 0) placeBelow(i, input, tree, placeOf, model);
  // The rest are cycles of parents, cut where they begin.
  for (let i = 0; i < size; i++) if (placeOf[i]! < 0) placeBelow(i, input, tree, placeOf, model);
  model.spans.forEach(({ spanId }, place) => {
    if (!model.byId.has(spanId)) model.byId.set(spanId, place);
  });
  return model;
}

/** Linked lists; -1 ends one. */
interface Families {
  above: Int32Array;
  firstChild: Int32Array;
  sibling: Int32Array;
}

function familiesOf(input: readonly Span[]): Families {
  const numbers = new Map<string, number>();
  // Backwards, so that the first of two spans with one id wins and children are in order.
  for (let i = input.length - 1; i >= 0; i--) numbers.set(input[i]!.spanId, i);
  const [above, firstChild, sibling] = [0, 0, 0].map(() => new Int32Array(input.length).fill(-1)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  for (let i = input.length - 1; i >= 0; i--) {
    const { parentId, spanId } = input[i]!;
    const parent = parentId === null || parentId === spanId ? undefined : numbers.get(parentId);
    if (parent === undefined || parent === i) continue;
    above[i] = parent;
    sibling[i] = firstChild[parent]!;
    firstChild[parent] = i;
  }
  return { above, firstChild, sibling };
}

/** Without recursion, because chains may be long. */
function placeBelow(
  root: number,
  input: readonly Span[],
  { above, firstChild, sibling }: Families,
  placeOf: Int32Array,
  model: TraceModel,
): void {
  const enter = (i: number, parent: number): void => {
    const place = model.spans.push(input[i]!) - 1;
    placeOf[i] = place;
    model.parent[place] = parent;
    model.depth[place] = parent < 0 ? 0 : model.depth[parent]! + 1;
  };
  enter(root, -1);
  for (let at = root; ;) {
    let child = firstChild[at]!;
    while (child >= 0 && placeOf[child]! >= 0) child = sibling[child]!;
    if (child >= 0) {
      firstChild[at] = sibling[child]!;
      enter(child, placeOf[at]!);
      at = child;
      continue;
    }
    model.end[placeOf[at]!] = model.spans.length;
    if (at === root) return;
    at = above[at]!;
  }
}

function grouped<T extends { spanId: string }>(pieces: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const piece of pieces) {
    const group = groups.get(piece.spanId);
    if (group) group.push(piece);
    else groups.set(piece.spanId, [piece]);
  }
  return groups;
}

/** Never empty, so that it can be drawn. */
function timesOf(input: readonly Span[]): { from: number; to: number } {
  let [from, to] = [Infinity, -Infinity];
  for (const { start, durationMs } of input) {
    from = Math.min(from, start);
    to = Math.max(to, start + durationMs);
  }
  if (!Number.isFinite(from)) return { from: 0, to: 1 };
  return { from, to: to > from ? to : from + 1 };
}

/** Indexes without descendants of closed spans. */
export function visible(model: TraceModel, closed: ReadonlySet<number>, isCriticalOnly: boolean): Int32Array {
  const rows = new Int32Array(model.spans.length);
  let size = 0;
  for (let i = 0; i < model.spans.length;) {
    if (!isCriticalOnly || model.critical.has(model.spans[i]!.spanId)) rows[size++] = i;
    i = closed.has(i) ? Math.max(i + 1, model.end[i]!) : i + 1;
  }
  return rows.subarray(0, size);
}
