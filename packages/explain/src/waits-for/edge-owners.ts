import type { TimeChange } from '../changes/time-changes.ts';

/**
 * Whose fault slow calls are, where the time was lost between caller and server: of the two, the one whose other calls are
 * slow as well, weighted by the share of its calls that are. A gateway takes part in every slow call, but most of its
 * calls are as fast as ever. Returns a service for each changed `call` signal.
 */
export function edgeOwners(changes: TimeChange[]): Map<number, number> {
  const nodes = new Map<number, { excess: number; slow: number; all: number }>();
  const edges = changes.filter(({ signal, n }) => signal.kind === 'call' && n > 0);
  for (const { signal, excessMs, n } of edges) {
    for (const service of [signal.service, signal.peer]) {
      let node = nodes.get(service);
      if (!node) nodes.set(service, (node = { excess: 0, slow: 0, all: 0 }));
      node.excess += excessMs;
      node.all += n;
      if (excessMs > 0) node.slow += n;
    }
  }
  const scoreOf = (service: number): number => {
    const { excess, slow, all } = nodes.get(service)!;
    return (excess * slow) / all;
  };
  const owners = new Map<number, number>();
  for (const { signal, excessMs } of edges) {
    if (excessMs <= 0) continue;
    // At a tie it is the one that was called.
    owners.set(signal.id, scoreOf(signal.service) > scoreOf(signal.peer) ? signal.service : signal.peer);
  }
  return owners;
}
