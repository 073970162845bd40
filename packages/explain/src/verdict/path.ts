import { isPoolWait } from '../spans/pool-wait.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence, Share } from '../waits-for/evidence.ts';
import type { Place } from '../waits-for/place.ts';

/** From cause to effect. */
export interface Arc {
  from: Place;
  to: Place;
  by: 'wait' | 'call' | 'retry' | 'queue';
}

const MOST_ARCS = 8;
/** Smaller shares of the examples are left out. */
const LEAST_SHARE = 0.05;
const DEEPEST = 1_000;

export function pathOf(known: Known, cause: Place, { place, examples }: Evidence): Arc[] {
  const counts = new Map<string, { arc: Arc; share: number; depth: number }>();
  let sum = 0;
  for (const example of examples) {
    sum += example.share;
    chainOf(known, cause, place, example).forEach((arc, depth) => {
      const key = [arc.from.service, arc.from.resource, arc.to.service, arc.to.resource, arc.by].join(' ');
      const known = counts.get(key);
      if (known) known.share += example.share;
      else counts.set(key, { arc, share: example.share, depth });
    });
  }
  return [...counts.values()]
    .filter(({ share }) => share >= sum * LEAST_SHARE)
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_ARCS)
    .sort((a, b) => a.depth - b.depth || b.share - a.share)
    .map(({ arc }) => arc);
}

function chainOf({ whole }: Known, cause: Place, shown: Place, { met, row, through, error }: Share): Arc[] {
  const { table, trees, clipped } = whole;
  const arcs: Arc[] = [];
  const isResend = (of: number): boolean => (table.attributes[of]?.attempt ?? 1) > 1;
  let at = cause;
  const go = (to: Place, by: Arc['by']): void => {
    if (to.service !== at.service || to.resource !== at.resource) arcs.push({ from: at, to, by });
    at = to;
  };
  // A death may appear first at callers, more requests at a pool.
  if (shown.resource !== 0) go(shown, 'wait');
  if (error === 'lost') {
    go({ service: shown.service, resource: 0 }, 'queue');
    return arcs;
  }
  for (const place of through.toReversed())
    go(place, isRefusal(whole.table.strings.text(place.resource)) ? 'retry' : 'wait');
  const isWait = through.length > 0 || isPoolWait(table, met);
  go({ service: table.service[met]!, resource: 0 }, isWait ? 'wait' : isResend(row) ? 'retry' : 'call');
  let up = met;
  for (let steps = 0; steps < DEEPEST; steps++) {
    const above = trees.parent[up]!;
    if (above < 0) break;
    const by = clipped.entry[above] === clipped.entry[up] ? 'call' : 'queue';
    // A sender does not wait for its message.
    if (by === 'queue') break;
    up = above;
    go({ service: table.service[up]!, resource: 0 }, isResend(up) ? 'retry' : by);
  }
  return arcs;
}

function isRefusal(resource: string): boolean {
  return resource.startsWith('breaker ');
}
