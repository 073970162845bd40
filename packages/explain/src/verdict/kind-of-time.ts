import type { Signal, SignalKind } from '../decompose/signals.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { CauseKind } from './cause-kinds.ts';
import { isCache } from './caches.ts';
import { haveEndedTogether } from './ended-together.ts';
import { hasArrived } from './has-arrived.ts';
import { largest } from './largest.ts';

const KIND_OF_SIGNAL: Record<SignalKind, CauseKind> = {
  self: 'slow_dependency',
  call: 'network_slow',
  dependency: 'slow_dependency',
  poolWait: 'pool_exhausted',
  poolConnect: 'connect_slow',
  socketWait: 'pool_exhausted',
  dns: 'dns_slow',
  connect: 'connect_slow',
  tls: 'tls_slow',
  queueWait: 'queue_backlog',
  backOff: 'retry_storm',
  blocked: 'event_loop_blocked',
  gc: 'memory_pressure',
};

/** Fewer slow operations do not suggest the CPU. */
const FEWEST_OPERATIONS = 3;
const MOST_OPERATIONS = 0.6;

export function kindOfTime(known: Known, evidence: Evidence): CauseKind {
  const { changes, whole } = known;
  const { bySignal, place } = evidence;
  const { table } = whole;
  const isHandler = ({ operation }: Signal): boolean => /^(?:process|receive) /.test(table.strings.text(operation));
  const byKind = new Map<SignalKind, number>();
  for (const [id, ms] of bySignal) {
    const { kind } = changes[id]!.signal;
    byKind.set(kind, (byKind.get(kind) ?? 0) + ms);
  }
  const kind = largest(byKind);
  if (kind === undefined) return 'unknown';
  // The service has spans, none within these calls: they did not arrive.
  if (kind === 'dependency' && place.resource === 0 && !hasArrived(known, evidence)) return 'dependency_unreachable';
  if (kind === 'dependency' && haveEndedTogether(table, evidence))
    return isCache(table.strings.text(place.resource)) ? 'cache_down' : 'dependency_unreachable';
  if (kind !== 'self') return KIND_OF_SIGNAL[kind];
  const own = changes.filter(
    ({ signal, n, nBefore }) => signal.kind === 'self' && signal.service === place.service && n >= 5 && nBefore >= 5,
  );
  const main = largest(bySignal)!;
  if (isHandler(changes[main]!.signal)) return 'slow_consumer';
  const slower = own.filter(({ excessMs }) => excessMs > 0);
  const isWhole = slower.length >= FEWEST_OPERATIONS && slower.length >= own.length * MOST_OPERATIONS;
  return isWhole ? 'cpu_slow' : 'slow_dependency';
}
