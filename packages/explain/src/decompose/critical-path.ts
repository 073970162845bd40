import { sortRows } from '../spans/sort-rows.ts';
import type { Trees } from '../spans/trees.ts';
import type { Clipped } from './clipping.ts';

/** Siblings may overlap by this share of their parent: clocks are inexact. */
const OVERLAP = 0.01;

interface Frame {
  row: number;
  /** Its remaining children in `waitedFor`, latest end last: `from` to `top`. */
  from: number;
  top: number;
  /** Everything later is already on the path. */
  until: number;
  later: number;
}

/** Gets a span's own non-empty sections. */
type Visit = (row: number, from: number, to: number) => void;

/**
 * At each level backwards: the child that ended last, then the one that ended before its start. One walk serves all
 * requests.
 */
export class CriticalPathWalk {
  readonly #trees: Trees;
  readonly #clipped: Clipped;
  /** Children of the open frames. */
  readonly #waitedFor: Int32Array;
  readonly #stack: Frame[] = [];
  #depth = 0;

  constructor(trees: Trees, clipped: Clipped) {
    this.#trees = trees;
    this.#clipped = clipped;
    this.#waitedFor = new Int32Array(trees.children.length);
  }

  /** `enter` gets each span on the path. */
  from(root: number, visit: Visit, enter?: (row: number) => void): void {
    const { start, end } = this.#clipped;
    this.#open(root, 0);
    enter?.(root);
    while (this.#depth > 0) {
      const frame = this.#stack[this.#depth - 1]!;
      const child = this.#nextChild(frame);
      if (child < 0) {
        if (frame.until > start[frame.row]!) visit(frame.row, start[frame.row]!, frame.until);
        this.#depth--;
        continue;
      }
      if (frame.until > end[child]!) visit(frame.row, end[child]!, frame.until);
      frame.until = start[child]!;
      frame.later = child;
      enter?.(child);
      this.#open(child, frame.top);
    }
  }

  #open(row: number, from: number): void {
    const top = this.#takeChildren(row, from);
    const until = this.#clipped.end[row]!;
    const frame = this.#stack[this.#depth];
    if (frame === undefined) this.#stack.push({ row, from, top, until, later: -1 });
    else {
      frame.row = row;
      frame.from = from;
      frame.top = top;
      frame.until = until;
      frame.later = -1;
    }
    this.#depth++;
  }

  /** Returns where they end. */
  #takeChildren(row: number, from: number): number {
    const { children, childStart } = this.#trees;
    const { end, entry, isOutside } = this.#clipped;
    const waitedFor = this.#waitedFor;
    let top = from;
    let latest = -Infinity;
    let isInOrder = true;
    for (let at = childStart[row]!; at < childStart[row + 1]!; at++) {
      const child = children[at]!;
      if (isOutside[child] === 1 || entry[child] !== entry[row]) continue;
      if (end[child]! <= latest) isInOrder = false;
      latest = end[child]!;
      waitedFor[top++] = child;
    }
    // Ordered by start means ordered by end, unless they overlap.
    if (!isInOrder) sortRows(waitedFor.subarray(from, top), end);
    return top;
  }

  #nextChild(frame: Frame): number {
    const { end } = this.#clipped;
    while (frame.top > frame.from) {
      const child = this.#waitedFor[--frame.top]!;
      if (end[child]! <= frame.until || this.#isJustBefore(frame, child)) return child;
    }
    return -1;
  }

  /** CRISP's rule: siblings that overlap by under 1 %, with nothing else there. */
  #isJustBefore({ row, later, from, top }: Frame, child: number): boolean {
    const { start, end } = this.#clipped;
    if (later < 0) return false;
    const begin = start[later]!;
    const to = end[child]!;
    if (to - begin >= OVERLAP * (end[row]! - start[row]!) || start[child]! >= begin || to >= end[later]!) return false;
    if (top > from && end[this.#waitedFor[top - 1]!]! > begin) return false;
    return !startsWithin(this.#trees, start, row, begin, to);
  }
}

/** Whether a child starts between, both excluded. */
function startsWithin({ children, childStart }: Trees, start: Float64Array, row: number, from: number, to: number) {
  let low = childStart[row]!;
  let high = childStart[row + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (start[children[middle]!]! <= from) low = middle + 1;
    else high = middle;
  }
  return low < childStart[row + 1]! && start[children[low]!]! < to;
}
