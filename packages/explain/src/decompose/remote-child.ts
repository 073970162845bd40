import { KIND, type SpanTable } from '../spans/span-table.ts';
import type { Trees } from '../spans/trees.ts';
import type { Clipped } from './clipping.ts';

/** Each call's server span in another service, or -1. */
export function remoteChildren(table: SpanTable, { children, childStart }: Trees, clipped: Clipped): Int32Array {
  const { size, service, kind } = table;
  const remote = new Int32Array(size).fill(-1);
  for (let row = 0; row < size; row++) {
    if (kind[row] !== KIND.CLIENT && kind[row] !== KIND.UNSPECIFIED) continue;
    for (let at = childStart[row]!; at < childStart[row + 1]!; at++) {
      const child = children[at]!;
      if (service[child] === service[row] && kind[child] !== KIND.SERVER) continue;
      if (kind[child] === KIND.CLIENT || clipped.entry[child] === child) continue;
      remote[row] = child;
      break;
    }
  }
  return remote;
}
