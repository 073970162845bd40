import type { Trees } from '../spans/trees.ts';
import type { Clipped } from './clipping.ts';

/** Siblings may overlap by this share of their parent, because clocks are inexact. */
const OVERLAP = 0.01;

interface Frame {
  row: number;
  /** Latest end first. */
  children: Int32Array;
  at: number;
  /** Everything later is already on the path. */
  until: number;
  later: number;
}

/**
 * Walks backwards: the child that ended last is on the path, then the child that ended before its start, at each level.
 * `visit` gets the non-empty sections of a span itself; `enter`, each span.
 */
export function walkCriticalPath(
  trees: Trees,
  clipped: Clipped,
  root: number,
  visit: (row: number, from: number, to: number) => void,
  enter?: (row: number) => void,
): void {
  const { start, end } = clipped;
  const stack: Frame[] = [frameOf(trees, clipped, root)];
  enter?.(root);
  while (stack.length > 0) {
    const frame = stack[stack.length - 1]!;
    const child = nextChild(trees, clipped, frame);
    if (child < 0) {
      if (frame.until > start[frame.row]!) visit(frame.row, start[frame.row]!, frame.until);
      stack.pop();
      continue;
    }
    if (frame.until > end[child]!) visit(frame.row, end[child]!, frame.until);
    frame.until = start[child]!;
    frame.later = child;
    enter?.(child);
    stack.push(frameOf(trees, clipped, child));
  }
}

const NO_CHILDREN = new Int32Array(0);

function frameOf({ children, childStart }: Trees, { end, entry, isOutside }: Clipped, row: number): Frame {
  const frame = { row, children: NO_CHILDREN, at: 0, until: end[row]!, later: -1 };
  const from = childStart[row]!;
  const to = childStart[row + 1]!;
  if (from === to) return frame;
  const waitedFor = new Int32Array(to - from);
  let n = 0;
  let latest = -Infinity;
  let isInOrder = true;
  for (let at = from; at < to; at++) {
    const child = children[at]!;
    if (isOutside[child] === 1 || entry[child] !== entry[row]) continue;
    if (end[child]! <= latest) isInOrder = false;
    latest = end[child]!;
    waitedFor[n++] = child;
  }
  frame.children = waitedFor.subarray(0, n);
  // By start they are in order by end, too, unless they overlap.
  if (isInOrder) frame.children.reverse();
  else frame.children.sort((a, b) => end[b]! - end[a]! || b - a);
  return frame;
}

function nextChild(trees: Trees, clipped: Clipped, frame: Frame): number {
  const { end } = clipped;
  while (frame.at < frame.children.length) {
    const child = frame.children[frame.at++]!;
    if (end[child]! <= frame.until || isJustBefore(trees, clipped, frame, child)) return child;
  }
  return -1;
}

/** CRISP's rule for siblings that overlap by less than 1 %, with nothing else in the overlap. */
function isJustBefore(trees: Trees, { start, end }: Clipped, frame: Frame, child: number): boolean {
  const { row, later, children, at } = frame;
  if (later < 0) return false;
  const from = start[later]!;
  const to = end[child]!;
  if (to - from >= OVERLAP * (end[row]! - start[row]!) || start[child]! >= from || to >= end[later]!) return false;
  const before = children[at];
  if (before !== undefined && end[before]! > from) return false;
  return !startsWithin(trees, start, row, from, to);
}

/** Whether a child starts between two times, both excluded. */
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
