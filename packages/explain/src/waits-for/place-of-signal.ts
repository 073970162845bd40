import type { Signal } from '../decompose/signals.ts';
import type { Known } from './context.ts';
import type { Place } from './place.ts';

export function placeOfSignal({ edgeOwners, speaking, whole }: Known, signal: Signal): Place {
  const { kind, service, peer } = signal;
  const { strings } = whole.table;
  switch (kind) {
    case 'self':
    case 'blocked':
    case 'gc':
      return { service, resource: 0 };
    case 'call':
      return { service: edgeOwners.get(signal.id) ?? peer, resource: 0 };
    case 'socketWait':
      // The callee knows neither the caller's limit nor event loop.
      return { service, resource: strings.id(`sockets ${strings.text(peer)}`) };
    case 'poolWait':
    case 'queueWait':
      return { service, resource: peer };
    default:
      if (strings.text(peer).startsWith('pool ')) return { service, resource: peer, isOpening: true };
      return speaking.has(peer) ? { service: peer, resource: 0 } : { service, resource: peer };
  }
}
