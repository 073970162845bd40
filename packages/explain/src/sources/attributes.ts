import { type KnownAttribute, AttributeValues, placeOf } from '../spans/attribute-values.ts';
import type { Strings } from '../spans/strings.ts';
import { JoinedTexts } from './joined-texts.ts';

export type Plain = string | number | boolean;

const ACCESS = placeOf('access');
const DESTINATION = placeOf('destination');
const IS_BATCH = placeOf('isBatch');
const IS_DATABASE = placeOf('isDatabase');
const IS_POST = placeOf('isPost');
const IS_WAIT = placeOf('isWait');
const KEY_HASH = placeOf('keyHash');
const MESSAGE_ID = placeOf('messageId');

export class SpanAttributes {
  readonly #strings: Strings;
  readonly #addresses: JoinedTexts;
  readonly #targets: JoinedTexts;
  readonly known: AttributeValues = new AttributeValues();
  isFailed = false;
  /** Numbers of `Strings`; 0: none. */
  error = 0;
  #peer = 0;
  #host = 0;
  #port = 0;
  #system = 0;
  #namespace = 0;

  constructor(strings: Strings) {
    this.#strings = strings;
    this.#addresses = new JoinedTexts(strings, ':');
    this.#targets = new JoinedTexts(strings, ' ');
  }

  clear(): void {
    this.known.clear();
    this.isFailed = false;
    this.error = this.#peer = this.#host = this.#port = this.#system = this.#namespace = 0;
  }

  get errorType(): string {
    return this.#strings.text(this.error);
  }

  get target(): string {
    return this.#strings.text(this.targetNumber);
  }

  /** Peer name if it says more than the rest, else database and namespace, else host and port. */
  get targetNumber(): number {
    const peer = this.#peer;
    if (peer !== 0 && peer !== this.#system && peer !== this.#host && peer !== this.#where) return peer;
    if (this.#system !== 0 && this.#namespace !== 0) return this.#targets.number(this.#system, this.#namespace);
    const where = this.#where;
    if (this.#system === 0 || where === 0) return this.#system || where;
    return this.#targets.number(this.#system, where);
  }

  get #where(): number {
    const hasBoth = this.#host !== 0 && this.#port !== 0;
    return hasBoth ? this.#addresses.number(this.#host, this.#port) : this.#host;
  }

  /** Unused attributes cost one look-up. */
  take(key: string, value: Plain): void {
    readerOf(key)?.(this, value);
  }

  number(value: Plain): number {
    return this.#strings.id(typeof value === 'string' ? value : String(value));
  }

  static readonly address: Record<string, Reader> = {
    'peer.service': (to, value) => void (to.#peer = to.number(value)),
    'server.address': (to, value) => void (to.#host = to.number(value)),
    'net.peer.name': (to, value) => void (to.#host ||= to.number(value)),
    'http.host': (to, value) => void (to.#host ||= to.number(value)),
    'server.port': (to, value) => void (to.#port = to.number(value)),
    'net.peer.port': (to, value) => void (to.#port ||= to.number(value)),
    'db.namespace': (to, value) => void (to.#namespace = to.number(value)),
    'db.name': (to, value) => void (to.#namespace ||= to.number(value)),
    'db.system.name': (to, value) => to.#database(value),
    'db.system': (to, value) => to.#database(value),
    'messaging.system': (to, value) => void (to.#system ||= to.number(value)),
    'messaging.destination.name': (to, value) => {
      const destination = to.number(value);
      to.known.set(DESTINATION, destination);
      to.#namespace ||= destination;
    },
  };

  #database(value: Plain): void {
    this.#system = this.number(value);
    this.known.set(IS_DATABASE, 1);
  }
}

export type Reader = (to: SpanAttributes, value: Plain) => void;

function number(attribute: KnownAttribute): Reader {
  const place = placeOf(attribute);
  return (to, value) => {
    const read = Number(value);
    if (Number.isFinite(read)) to.known.set(place, read);
  };
}

function text(attribute: KnownAttribute): Reader {
  const place = placeOf(attribute);
  return (to, value) => to.known.set(place, to.number(value));
}

function flag(attribute: KnownAttribute): Reader {
  const place = placeOf(attribute);
  return (to, value) => to.known.set(place, value === true || value === 'true' ? 1 : 0);
}

function status(to: SpanAttributes, value: Plain): void {
  if (Number(value) >= 400) to.error ||= to.number(value);
}

function keyHash(to: SpanAttributes, value: Plain): void {
  const hash = typeof value === 'string' ? Number.parseInt(value, 16) : Number.NaN;
  if (Number.isSafeInteger(hash)) to.known.set(KEY_HASH, hash);
}

function access(room: 'cache' | 'row'): Reader {
  return (to, value) => to.known.set(ACCESS, to.number(`${room} ${value}`));
}

function post(to: SpanAttributes, value: Plain): void {
  if (value === 'POST') to.known.set(IS_POST, 1);
}

/** For failures of older spans without `error.type`. */
const GRPC: Record<number, string> = {
  4: 'DEADLINE_EXCEEDED',
  8: 'RESOURCE_EXHAUSTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
};

/** FNV-1a, twice for 53 bits: of 100,000 messages no two are one. Ids are never shown. */
function hashOf(id: string): number {
  let [low, high] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < id.length && i < 256; i++) {
    low = Math.imul(low ^ id.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ id.charCodeAt(i), 0x85ebca6b);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/** Of `packages/kit/src/names.ts` and older conventions. */
const READERS: Map<string, Reader> = new Map([
  ...Object.entries(SpanAttributes.address),
  ['error.type', (to, value) => void (to.error = to.number(value))],
  [
    'error',
    (to, value) => {
      if (value === false || value === 'false') return;
      to.isFailed = true;
      if (typeof value === 'string' && value !== 'true') to.error ||= to.number(value);
    },
  ],
  ['otel.status_code', (to, value) => void (to.isFailed ||= value === 'ERROR')],
  ['http.response.status_code', status],
  ['http.status_code', status],
  ['db.response.status_code', (to, value) => void (to.error ||= to.number(value))],
  ['rpc.grpc.status_code', (to, value) => void (to.error ||= to.number(GRPC[Number(value)] ?? ''))],
  ['http.route', text('route')],
  ['db.client.connection.pool.name', text('pool')],
  ['pool.name', text('pool')],
  ['pool.wait_ms', (to) => to.known.set(IS_WAIT, 1)],
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
  ['rpc.phase.dns_ms', number('dnsMs')],
  ['rpc.phase.connect_ms', number('connectMs')],
  ['http.timeout_phase', text('timeoutPhase')],
  ['db.timeout_phase', text('timeoutPhase')],
  ['rpc.timeout_phase', text('timeoutPhase')],
  ['http.request.cancelled', flag('cancelled')],
  ['retry.attempt', number('attempt')],
  ['retry.delay_ms', number('delayMs')],
  ['circuitbreaker.name', text('breaker')],
  ['circuitbreaker.state', text('breakerState')],
  ['circuitbreaker.outcome', text('breakerOutcome')],
  ['degraded.mode', text('degraded')],
  ['queue.wait_ms', number('queueWaitMs')],
  ['queue.settled', text('settled')],
  ['messaging.message.id', (to, value) => to.known.set(MESSAGE_ID, hashOf(String(value)))],
  ['messaging.destination.partition.id', text('partition')],
  ['messaging.kafka.offset', number('offset')],
  ['messaging.batch.message_count', (to, value) => void (Number(value) > 1 && to.known.set(IS_BATCH, 1))],
  ['messaging.consumer.group.name', text('group')],
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
  ['cache.key.hash', keyHash],
  ['cache.key.access', access('cache')],
  ['db.row.hash', keyHash],
  ['db.row.access', access('row')],
  ['db.row.columns', text('columns')],
  ['http.request.method', post],
  ['http.method', post],
  ['process.died.cause', text('diedOf')],
  ['process.died.growth', text('grew')],
  ['process.pid', number('pid')],
]);

export function readerOf(key: string): Reader | undefined {
  return READERS.get(key);
}
