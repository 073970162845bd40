import type { CauseKind } from '../verdict/cause-kinds.ts';
import type { CauseSummary } from './cause-summary.ts';
import { duration } from './figures.ts';

export function whatHappened(summary: CauseSummary): string {
  const { kind, service, operation, error } = summary;
  const resource = summary.resource || service;
  const by = operation ? `\`${operation}\`` : 'its callers';
  const of = operation ? ` (\`${operation}\`)` : '';
  switch (kind) {
    case 'long_hold':
      return `${by} kept the connections of ${resource} in ${service}${summary.holding ? ` while it ${summary.holding}` : ''}${usedUp(summary)}`;
    case 'pool_exhausted':
      if (resource.startsWith('sockets '))
        return `calls of ${service} waited for ${resource.replace(' ', ' to ')}${slower(summary)}`;
      return `${resource} of ${service} was too small for its load${usedUp(summary)}`;
    case 'connection_leak':
      return `${by} in ${service} did not give connections of ${resource} back${usedUp(summary)}`;
    case 'dependency_cycle':
      return `callers in ${service} held what others waited for and waited for ${resource} themselves${usedUp(summary)}`;
    case 'breaker_open':
      return `${resource} in ${service} refused calls, and no failed call that opened it is in the input`;
    case 'dependency_unreachable':
      return summary.resource
        ? `${service} could not reach ${summary.resource} (${error || TOGETHER})`
        : `calls did not reach ${service} (${error || TOGETHER})${summary.detail ? ` ${summary.detail}` : ''}`;
    case 'cache_down':
      return summary.detail
        ? `${service} passed by its cache ${resource} (${summary.detail})`
        : `${service} lost its cache ${resource} (${error || TOGETHER})`;
    case 'cache_stampede':
      return `callers in ${service} missed ${resource} together (${summary.detail})`;
    case 'lock_wait':
      return `statements of ${service} waited for locks in ${resource}${of}: ${summary.detail}${slower(summary)}`;
    case 'poison_message':
      return `${resource} of ${service}: ${summary.detail} (${error || 'failed'})`;
    case 'silent_loss':
      return `messages of ${resource} were lost in ${service}: ${summary.detail}`;
    case 'process_died':
      return `a process of ${service} ended: ${summary.detail}`;
    case 'memory_pressure':
      return summary.detail
        ? `${service} ran out of memory, and its process ended: ${summary.detail}`
        : `garbage collection stopped ${service}${slower(summary)}`;
    case 'traffic_increase':
      return `${service} got ${summary.detail}`;
    case 'config_change':
      return `${summary.resource ? `${summary.resource} of ${service}` : service} changed: ${summary.detail}${error && summary.mostlyFails ? ` (${error})` : slower(summary)}`;
    case 'dependency_errors':
      return summary.resource
        ? `${summary.resource} failed for ${service} (${error})`
        : `${service} failed${of} (${error})`;
    case 'more_calls':
      return `${service} made more calls to ${resource} a request${of}${summary.detail ? `, ${summary.detail}` : ''}`;
    default:
      return `${TIME[kind] ?? 'something changed at'} ${summary.resource ? `${summary.resource} for ${service}` : service}${of}${slower(summary)}`;
  }
}

const TOGETHER = 'calls that waited for it ended together';

const TIME: Partial<Record<CauseKind, string>> = {
  slow_dependency: 'slow by itself:',
  network_slow: 'time was lost on the way to and from',
  cpu_slow: 'all work became slower at',
  dns_slow: 'looking up the name took long for',
  connect_slow: 'connecting took long to',
  tls_slow: 'the TLS handshake took long with',
  event_loop_blocked: 'the event loop was blocked in',
  queue_backlog: 'messages waited at',
  slow_consumer: 'handling took longer in',
  retry_storm: 'retries with hardly a pause were most of the calls to',
};

function slower({ beforeMs, nowMs }: CauseSummary): string {
  if (Number.isNaN(nowMs)) return '';
  return Number.isNaN(beforeMs) ? `, ${duration(nowMs)} a call` : `, ${duration(beforeMs)} → ${duration(nowMs)} a call`;
}

function usedUp({ limit, mostPending, longestWaitMs }: CauseSummary): string {
  const parts = [
    limit > 0 ? `limit ${limit}` : '',
    mostPending > 0 ? `up to ${mostPending} waiting` : '',
    longestWaitMs > 0 ? `longest wait ${duration(longestWaitMs)}` : '',
  ].filter(Boolean);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

export const ACTIONS: Record<CauseKind, string> = {
  pool_exhausted: 'Shorten what is done with a connection, then size the pool for the load; bound the wait.',
  connection_leak: 'Release the connection in a `finally`; set a limit on how long one may be out.',
  long_hold:
    'Give this operation a pool or a statement time-out of its own, and do nothing slow while holding a connection.',
  lock_wait: 'Shorten the transaction that holds the lock; set a lock time-out.',
  slow_dependency: 'Look at the slow traces below; bound the call with a time-out.',
  dependency_errors: 'Look at the first failed trace below.',
  dependency_unreachable: 'Check that it runs and that its address is right; put a breaker before it.',
  dns_slow: 'Check the resolver; keep connections alive so that names are looked up less often.',
  connect_slow: 'Keep connections open; check the way to it.',
  tls_slow: 'Keep connections open so that handshakes are rare.',
  network_slow: 'Check the network of this service, and whether its process accepted requests late.',
  retry_storm: 'Retry less, with pauses that grow and differ; put a breaker before it.',
  breaker_open: 'Find out what opened it: its calls that failed are not in the input.',
  cache_down: 'Bring the cache back; bound what passes by it to the database.',
  cache_stampede: 'Let one caller compute and the others wait; spread expiry.',
  queue_backlog: 'Add consumers, or find out why messages come faster.',
  slow_consumer: 'Look at what the handler waits for.',
  poison_message: 'Move the message to a dead letter queue after a few attempts.',
  silent_loss: 'Acknowledge after the work, not before.',
  event_loop_blocked: 'Move the work to a worker thread, or cut it into pieces.',
  memory_pressure: 'Look at the heap; something grows.',
  process_died: 'Look at the last log lines and exit code of the process.',
  cpu_slow: 'Check the processor limit and neighbours of this service.',
  dependency_cycle: 'Take the second connection from another pool, or do not hold the first while waiting.',
  more_calls: 'Fetch in one call what is now fetched one by one.',
  traffic_increase: 'Scale, or shed load at the edge.',
  config_change: 'Compare the configuration before and after.',
  unknown: 'Look at the traces below.',
};
