import type { Decomposed } from '../decompose/decompose.ts';
import type { Signal, SignalKind } from '../decompose/signals.ts';
import { poolLabel } from '../spans/pool-label.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';

/** What kinds of causes there are. */
export const CAUSE_KINDS = [
  'pool_exhausted',
  'connection_leak',
  'long_hold',
  'lock_wait',
  'slow_dependency',
  'dependency_errors',
  'dependency_unreachable',
  'dns_slow',
  'connect_slow',
  'tls_slow',
  'network_slow',
  'retry_storm',
  'breaker_open',
  'cache_down',
  'cache_stampede',
  'queue_backlog',
  'slow_consumer',
  'poison_message',
  'silent_loss',
  'event_loop_blocked',
  'memory_pressure',
  'process_died',
  'cpu_slow',
  'dependency_cycle',
  'more_calls',
  'traffic_increase',
  'config_change',
  'unknown',
] as const;

export type CauseKind = (typeof CAUSE_KINDS)[number];

/** Names what the evidence at one place shows. */
export function kindOf(known: Known, evidence: Evidence): CauseKind {
  const { strings } = known.whole.table;
  const resource = strings.text(evidence.place.resource);
  if (resource.startsWith('breaker ')) return 'breaker_open';
  if (resource.startsWith('pool ')) return kindOfPool(known, evidence, resource.slice('pool '.length));
  const failed = [...evidence.byError.values()].reduce((sum, share) => sum + share, 0);
  if (failed > evidence.requests / 2) {
    if (isStorm(known, evidence)) return 'retry_storm';
    return kindOfFailure(largest(evidence.byError) ?? '', resource, known, evidence);
  }
  if (resource.startsWith('queue ')) return 'queue_backlog';
  if ((evidence.notes.get('more') ?? 0) > evidence.requests / 2) return 'more_calls';
  return kindOfTime(known, evidence);
}

function kindOfPool({ whole }: Known, { notes, place }: Evidence, pool: string): CauseKind {
  if (leaksOf(whole, place.service, pool) > 0 || largest(notes) === 'ended') return 'connection_leak';
  switch (largest(notes)) {
    case 'cycle':
      return 'dependency_cycle';
    case 'long':
      return 'long_hold';
    default:
      return 'pool_exhausted';
  }
}

/** `pool.leak` events and spans of a service's pool. */
function leaksOf({ table }: Decomposed, service: number, pool: string): number {
  return table.marks.filter(({ name, row, values }) => {
    if (name !== 'pool.leak' || table.service[row] !== service) return false;
    const of = String(values['db.client.connection.pool.name'] ?? table.facts[row]?.pool ?? pool);
    return poolLabel(of) === pool;
  }).length;
}

const UNREACHABLE =
  /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT|^57P0|^08/;

function kindOfFailure(error: string, resource: string, known: Known, evidence: Evidence): CauseKind {
  if (/^(?:redis|memcached|valkey)\b/.test(resource)) return 'cache_down';
  const phases = new Map<string, number>();
  for (const { row } of evidence.examples) {
    const phase = known.whole.table.facts[row]?.timeoutPhase;
    if (phase) phases.set(phase, (phases.get(phase) ?? 0) + 1);
  }
  const phase = largest(phases);
  if (phase === 'dns') return 'dns_slow';
  if (phase === 'tls') return 'tls_slow';
  if (phase === 'connect') return 'dependency_unreachable';
  if (UNREACHABLE.test(error)) return 'dependency_unreachable';
  if (/time.?out|ETIMEDOUT/i.test(error))
    return hasArrived(known, evidence) ? 'slow_dependency' : 'dependency_unreachable';
  return 'dependency_errors';
}

/** Calls that are looked at for an answer. */
const MOST_CALLS = 50;

/** Whether calls that failed or took long reached the service at all: it has spans within them. */
function hasArrived({ whole, traces }: Known, { examples, place }: Evidence): boolean {
  const { table } = whole;
  const calls = examples.slice(0, MOST_CALLS).map(({ row }) => row);
  const arrived = calls.filter((call) => {
    if (table.service[call] === place.service) return true;
    const trace = table.trace[call]!;
    const rows = traces.rows.subarray(traces.from[trace]!, traces.from[trace + 1]!);
    const isMet = (row: number): boolean =>
      table.start[row]! < table.end[call]! && table.end[row]! > table.start[call]!;
    return rows.some((row) => table.service[row] === place.service && isMet(row));
  });
  return arrived.length * 2 > calls.length;
}

/** Tries beyond the first ones, of each first one, that are a storm when they come at once. */
const STORM = 2;
const AT_ONCE_MS = 200;

/** Whether callers tried again and again, nearly without a pause: then the tries are the load. */
function isStorm({ whole, window }: Known, { examples }: Evidence): boolean {
  const { table } = whole;
  const callers = new Set(examples.map(({ met }) => table.service[met]!));
  let [first, again] = [0, 0];
  const pauses: number[] = [];
  table.facts.forEach((facts, row) => {
    if (facts?.attempt === undefined || !callers.has(table.service[row]!)) return;
    if (table.start[row]! < window.from || table.start[row]! > window.to) return;
    if (facts.attempt <= 1) first++;
    else again++;
    if (facts.attempt === 2 && facts.delayMs !== undefined) pauses.push(facts.delayMs);
  });
  pauses.sort((a, b) => a - b);
  return again >= STORM * first && pauses.length > 0 && pauses[pauses.length >> 1]! < AT_ONCE_MS;
}

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

/** Operations of a service that must have slowed down together for its processor to be the reason. */
const FEWEST_OPERATIONS = 3;
const MOST_OPERATIONS = 0.6;

function kindOfTime(known: Known, evidence: Evidence): CauseKind {
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
  // A service that has spans, but none of these calls: they did not get there.
  if (kind === 'dependency' && place.resource === 0 && !hasArrived(known, evidence)) return 'dependency_unreachable';
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

export function largest<K>(sums: Map<K, number>): K | undefined {
  let best: K | undefined;
  for (const [key, sum] of sums) if (best === undefined || sum > sums.get(best)!) best = key;
  return best;
}
