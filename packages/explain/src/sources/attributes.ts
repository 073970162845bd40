import type { KnownAttributes } from '../spans/known-attributes.ts';
import type { Strings } from '../spans/strings.ts';

export type Plain = string | number | boolean;

export class SpanAttributes {
  readonly #strings: Strings;
  known: KnownAttributes | undefined;
  errorType = '';
  method = '';
  statusCode = 0;
  isFailed = false;
  #peer = '';
  #host = '';
  #port = '';
  #system = '';
  #namespace = '';

  constructor(strings: Strings) {
    this.#strings = strings;
  }

  clear(): void {
    this.known = undefined;
    this.errorType = this.method = this.#peer = this.#host = this.#port = this.#system = this.#namespace = '';
    this.statusCode = 0;
    this.isFailed = false;
  }

  /** Peer name, else database and namespace, else host and port. */
  get target(): string {
    if (this.#peer) return this.#peer;
    const where = this.#host && this.#port ? `${this.#host}:${this.#port}` : this.#host;
    if (this.#system) return `${this.#system} ${this.#namespace || where}`.trim();
    return where;
  }

  /** Unused attributes cost one look-up. */
  take(key: string, value: Plain): void {
    readerOf(key)?.(this, value);
  }

  shared(value: Plain): string {
    return this.#strings.text(this.#strings.id(String(value)));
  }

  writable(): KnownAttributes {
    return (this.known ??= {});
  }

  static readonly address: Record<string, (to: SpanAttributes, value: Plain) => void> = {
    'peer.service': (to, value) => void (to.#peer = String(value)),
    'server.address': (to, value) => void (to.#host = String(value)),
    'net.peer.name': (to, value) => void (to.#host ||= String(value)),
    'http.host': (to, value) => void (to.#host ||= String(value)),
    'server.port': (to, value) => void (to.#port = String(value)),
    'net.peer.port': (to, value) => void (to.#port ||= String(value)),
    'db.namespace': (to, value) => void (to.#namespace = String(value)),
    'db.name': (to, value) => void (to.#namespace ||= String(value)),
    'db.system.name': (to, value) => to.#database(value),
    'db.system': (to, value) => to.#database(value),
    'messaging.system': (to, value) => void (to.#system ||= String(value)),
    'messaging.destination.name': (to, value) => {
      to.writable().destination = to.shared(value);
      to.#namespace ||= String(value);
    },
  };

  #database(value: Plain): void {
    this.#system = String(value);
    this.writable().isDatabase = true;
  }
}

export type Reader = (to: SpanAttributes, value: Plain) => void;

function number(property: keyof KnownAttributes): Reader {
  return (to, value) => {
    const read = Number(value);
    if (Number.isFinite(read)) (to.writable() as Record<string, unknown>)[property] = read;
  };
}

function text(property: keyof KnownAttributes): Reader {
  return (to, value) => {
    (to.writable() as Record<string, unknown>)[property] = to.shared(value);
  };
}

function flag(property: keyof KnownAttributes): Reader {
  return (to, value) => {
    (to.writable() as Record<string, unknown>)[property] = value === true || value === 'true';
  };
}

function status(to: SpanAttributes, value: Plain): void {
  to.statusCode = Number(value) || 0;
  if (to.statusCode >= 400) to.errorType ||= to.shared(value);
}

/** For failures of older spans without `error.type`. */
const GRPC: Record<number, string> = {
  4: 'DEADLINE_EXCEEDED',
  8: 'RESOURCE_EXHAUSTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
};

/** FNV-1a; ids are never shown. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length && i < 256; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Of `packages/kit/src/names.ts` and older conventions. */
const READERS: Map<string, Reader> = new Map([
  ...Object.entries(SpanAttributes.address),
  ['error.type', (to, value) => void (to.errorType = to.shared(value))],
  [
    'error',
    (to, value) => {
      if (value === false || value === 'false') return;
      to.isFailed = true;
      if (typeof value === 'string' && value !== 'true') to.errorType ||= to.shared(value);
    },
  ],
  ['otel.status_code', (to, value) => void (to.isFailed ||= value === 'ERROR')],
  ['http.request.method', (to, value) => void (to.method = to.shared(value))],
  ['http.method', (to, value) => void (to.method ||= to.shared(value))],
  ['http.response.status_code', status],
  ['http.status_code', status],
  ['db.response.status_code', (to, value) => void (to.errorType ||= to.shared(value))],
  ['rpc.grpc.status_code', (to, value) => void (to.errorType ||= GRPC[Number(value)] ?? '')],
  ['http.route', text('route')],
  ['db.client.connection.pool.name', text('pool')],
  ['pool.name', text('pool')],
  ['pool.wait_ms', (to) => void (to.writable().isWait = true)],
  ['pool.wait_reason', text('waitReason')],
  ['pool.used', number('poolUsed')],
  ['pool.limit', number('poolLimit')],
  ['pool.pending', number('poolPending')],
  ['pool.holder.trace_id', text('holderTrace')],
  ['pool.holder.held_ms', number('holderHeldMs')],
  ['pool.holder.operation', text('holderOperation')],
  ['pool.saturated.waiters', number('waiters')],
  ['cache.stampede.callers', number('waiters')],
  ['pool.saturated.longest_wait_ms', number('longestWaitMs')],
  ['http.phase.queue_ms', number('queueMs')],
  ['http.phase.proxy_ms', number('proxyMs')],
  ['http.phase.dns_ms', number('dnsMs')],
  ['http.phase.connect_ms', number('connectMs')],
  ['http.phase.tls_ms', number('tlsMs')],
  ['db.phase.dns_ms', number('dnsMs')],
  ['db.phase.connect_ms', number('connectMs')],
  ['db.phase.tls_ms', number('tlsMs')],
  ['db.phase.login_ms', number('loginMs')],
  ['http.timeout_phase', text('timeoutPhase')],
  ['db.timeout_phase', text('timeoutPhase')],
  ['http.request.cancelled', flag('cancelled')],
  ['retry.attempt', number('attempt')],
  ['retry.delay_ms', number('delayMs')],
  ['circuitbreaker.name', text('breaker')],
  ['circuitbreaker.state', text('breakerState')],
  ['circuitbreaker.outcome', text('breakerOutcome')],
  ['degraded.mode', text('degraded')],
  ['queue.wait_ms', number('queueWaitMs')],
  ['queue.settled', text('settled')],
  ['messaging.message.id', (to, value) => void (to.writable().messageId = hashOf(String(value)))],
  ['db.collection.name', text('collection')],
  ['db.sql.table', text('collection')],
  ['queue.acked_early', flag('ackedEarly')],
  ['queue.dead_lettered', flag('deadLettered')],
  ['cache.hit', flag('cacheHit')],
  ['event_loop.blocked_ms', number('blockedMs')],
  ['event_loop.blocked_before_ms', number('blockedBeforeMs')],
  ['gc.pause_ms', number('gcMs')],
  ['foreshock.interrupted', flag('interrupted')],
  ['foreshock.background', flag('isBackground')],
  ['process.died.cause', text('diedOf')],
  ['process.died.growth', text('grew')],
  ['process.pid', number('pid')],
]);

export function readerOf(key: string): Reader | undefined {
  return READERS.get(key);
}
