import type { TimeChange } from '../changes/time-changes.ts';

/** Losing this share, calls count fully as slow. */
const SAME = 0.5;

/**
 * Who a slow `call` is ascribed to: caller or callee, whichever has more slow calls in its role, weighted by lost time.
 */
export function edgeOwners(changes: TimeChange[]): Map<number, number> {
  const edges = changes.filter(({ signal, n, isNew }) => signal.kind === 'call' && n > 0 && !isNew);
  const byService = new Map<number, TimeChange[]>();
  for (const edge of edges) {
    for (const service of [edge.signal.service, edge.signal.peer]) {
      const list = byService.get(service);
      if (list) list.push(edge);
      else byService.set(service, [edge]);
    }
  }
  const scoreOf = (service: number, isCaller: boolean, lostMs: number): number => {
    let [slow, all, excess] = [0, 0, 0];
    for (const { signal, n, excessMs } of byService.get(service)!) {
      const share = Math.min(1, excessMs / n / (lostMs * SAME));
      excess += excessMs * share;
      if ((signal.service === service) !== isCaller) continue;
      slow += n * share;
      all += n;
    }
    return (excess * slow) / all;
  };
  const owners = new Map<number, number>();
  for (const { signal, excessMs, n } of edges) {
    if (excessMs <= 0) continue;
    const lostMs = excessMs / n;
    // The callee wins a tie.
    const isCaller = scoreOf(signal.service, true, lostMs) > scoreOf(signal.peer, false, lostMs);
    owners.set(signal.id, isCaller ? signal.service : signal.peer);
  }
  return owners;
}
