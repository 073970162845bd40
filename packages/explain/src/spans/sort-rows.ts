/** Longer runs are merged. */
const RUN = 12;

/** In place, by a column, then by row: comparators are slow for 100,000 siblings. */
export function sortRows(rows: Int32Array, column: Float64Array): void {
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
