/** Longer runs are merged. */
const RUN = 12;

/** Below, runs are as fast as the engine's sort. */
const FEW = 64;

/** In place, by a column, then by row: a comparator per pair would dominate with 100,000 siblings. */
export function sortRows(rows: Int32Array, column: Float64Array): void {
  if (rows.length <= FEW || !sortPacked(rows, column)) sortRuns(rows, column);
}

/** Bits of a number after its first. */
const BITS = 52;

/**
 * Key and place in one number: the engine's own sort of numbers is fast also the first time. False if not exact.
 * Numbers differ by multiples of the least one's last bit.
 */
function sortPacked(rows: Int32Array, column: Float64Array): boolean {
  const { length } = rows;
  let least = Infinity;
  for (let at = 0; at < length; at++) if (column[rows[at]!]! < least) least = column[rows[at]!]!;
  const scale = 2 ** (BITS - Math.floor(Math.log2(least)));
  const packed = new Float64Array(length);
  for (let at = 0; at < length; at++) {
    const steps = (column[rows[at]!]! - least) * scale;
    const number = steps * length + at;
    if (!(number <= Number.MAX_SAFE_INTEGER) || steps !== Math.floor(steps)) return false;
    packed[at] = number;
  }
  packed.sort();
  const before = rows.slice();
  for (let at = 0; at < length; at++) rows[at] = before[packed[at]! % length]!;
  sortEqual(rows, column);
  return true;
}

/** Rows with the same key are in the order they came in. */
function sortEqual(rows: Int32Array, column: Float64Array): void {
  for (let at = 1, from = 0; at <= rows.length; at++) {
    if (at < rows.length && column[rows[at]!] === column[rows[at - 1]!]) continue;
    if (at - from > 1) rows.subarray(from, at).sort();
    from = at;
  }
}

function sortRuns(rows: Int32Array, column: Float64Array): void {
  const { length } = rows;
  for (let from = 0; from < length; from += RUN) sortRun(rows, column, from, Math.min(from + RUN, length));
  if (length <= RUN) return;
  let source = rows;
  let target: Int32Array = new Int32Array(length);
  for (let run = RUN; run < length; run *= 2) {
    for (let from = 0; from < length; from += 2 * run)
      merge(source, target, column, from, Math.min(from + run, length), Math.min(from + 2 * run, length));
    [source, target] = [target, source];
  }
  if (source !== rows) rows.set(source);
}

/** By insertion. */
function sortRun(rows: Int32Array, column: Float64Array, from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    const row = rows[i]!;
    const key = column[row]!;
    let at = i;
    for (; at > from; at--) {
      const before = rows[at - 1]!;
      if (column[before]! < key || (column[before] === key && before < row)) break;
      rows[at] = before;
    }
    rows[at] = row;
  }
}

function merge(
  source: Int32Array,
  target: Int32Array,
  column: Float64Array,
  from: number,
  middle: number,
  to: number,
): void {
  let left = from;
  let right = middle;
  for (let at = from; at < to; at++) {
    if (right === to || (left < middle && isBefore(column, source[left]!, source[right]!)))
      target[at] = source[left++]!;
    else target[at] = source[right++]!;
  }
}

function isBefore(column: Float64Array, a: number, b: number): boolean {
  return column[a]! < column[b]! || (column[a] === column[b] && a < b);
}
