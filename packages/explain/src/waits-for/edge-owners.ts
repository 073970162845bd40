import type { TimeChange } from '../changes/time-changes.ts';

/** A call that lost less than this share of what another lost is not slow for the same reason. */
const SAME = 0.5;

/**
 * Which side slow calls are to be ascribed to, where the time was lost between caller and server: of the caller with all
 * calls that it makes, and the server with all calls made to it, the one that more of them are slow of, weighted by the
 * time that is lost around it. A gateway takes part in every slow call, but most of its calls are as fast as ever.
 * Returns a service for each changed `call` signal.
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
  /** How much a service has to do with calls that lose so much each: in its role, and with all that it loses. */
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
    // At a tie it is the one that was called.
    const isCaller = scoreOf(signal.service, true, lostMs) > scoreOf(signal.peer, false, lostMs);
    owners.set(signal.id, isCaller ? signal.service : signal.peer);
  }
  return owners;
}
