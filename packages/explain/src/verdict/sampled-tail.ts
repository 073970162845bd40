import type { Known } from '../waits-for/context.ts';
import { duration } from '../report/figures.ts';
import { byRoute, quantile, times } from '../window/slow.ts';

const FEWEST = 30;
/** Most requests are this much slower than the fastest, and by this. */
const TIMES = 10;
const MORE_MS = 100;

/** A sampler that keeps slow traces leaves too few usual ones. */
export function sampledTail({ window, whole }: Known): string | undefined {
  for (const [route, requests] of byRoute(window.within)) {
    if (requests.length < FEWEST) continue;
    const sorted = times(requests);
    const [fast, middle] = [quantile(sorted, 0.05), quantile(sorted, 0.5)];
    if (middle < fast * TIMES + MORE_MS) continue;
    const name = whole.table.strings.text(route);
    return `most requests of \`${name}\` took ${duration(middle)}, a few ${duration(fast)}: perhaps a sample of slow ones`;
  }
  return undefined;
}
