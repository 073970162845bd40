import { trace, type Attributes, type Context } from '@opentelemetry/api';
import { guard } from './guard.ts';
import { roundMs } from './milliseconds.ts';
import {
  CONNECTION_OPENED,
  DB_PHASE_CONNECT_MS,
  DB_PHASE_DNS_MS,
  DB_PHASE_LOGIN_MS,
  DB_PHASE_TLS_MS,
} from './names.ts';
import type { ConnectionTarget } from './pooled-connections.ts';

/** `connect` alone also stands for a driver's socket that cannot be seen. */
export type OpeningPhase = 'dns' | 'connect' | 'tls' | 'login';

const ATTRIBUTES: Record<OpeningPhase, string> = {
  dns: DB_PHASE_DNS_MS,
  connect: DB_PHASE_CONNECT_MS,
  tls: DB_PHASE_TLS_MS,
  login: DB_PHASE_LOGIN_MS,
};

interface Section {
  phase: OpeningPhase;
  from: number;
  /** Undefined: not over. */
  to: number | undefined;
}

interface OpeningSocket {
  once(event: string, listener: () => void): unknown;
}

/**
 * A new connection until its log-in is over. What it took is on the operations that waited for it; if none did, on the
 * span that asked for it (`await client.connect()`), as an event.
 */
export class ConnectionOpening {
  readonly #target: ConnectionTarget;
  #asked: Context | undefined;
  readonly #sections: Section[] = [];
  #isAwaited = false;
  #isOver = false;

  /** @param asked for whom it opens; undefined: a pool */
  constructor(target: ConnectionTarget, asked: Context | undefined) {
    this.#target = target;
    this.#asked = asked;
    this.entered('connect');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  entered(phase: OpeningPhase): void {
    if (this.#isOver) return;
    const now = performance.now();
    this.#close(now);
    this.#sections.push({ phase, from: now, to: undefined });
  }

  /**
   * A socket that connects now.
   *
   * @param then what follows; `tls`: on this socket, or on one around it
   */
  observe(socket: OpeningSocket, then: 'tls' | 'login'): void {
    const once = (event: string, fn: () => void): void => void socket.once(event, () => guard('a connection', fn));
    once('lookup', () => this.#lookedUp());
    once('connect', () => this.entered(then));
    if (then === 'tls') once('secureConnect', () => this.entered('login'));
  }

  /** Of an address there is no look-up, and no event. */
  #lookedUp(): void {
    const [first] = this.#sections;
    if (this.#sections.length === 1 && first!.to === undefined) first!.phase = 'dns';
    this.entered('connect');
  }

  #close(now: number): void {
    const last = this.#sections.at(-1);
    if (last) last.to ??= now;
  }

  /** An operation waits: its span gets what came after its start. */
  awaited(): void {
    this.#isAwaited = true;
  }

  ready(): void {
    if (this.#isOver) return;
    const span = this.#asked && trace.getSpan(this.#asked);
    this.over();
    if (this.#isAwaited || !span?.isRecording()) return;
    const { system, host, port, database } = this.#target;
    const attributes: Attributes = this.took();
    if (system !== undefined) attributes['db.system.name'] = system;
    if (host !== undefined) attributes['server.address'] = host;
    if (port !== undefined) attributes['server.port'] = port;
    if (database !== undefined) attributes['db.namespace'] = database;
    span.addEvent(CONNECTION_OPENED, attributes);
  }

  /** Failed, or a pool's. */
  over(): void {
    if (this.#isOver) return;
    this.#close(performance.now());
    this.#isOver = true;
    // The connection lives longer than the request.
    this.#asked = undefined;
  }

  /** @param since as `performance.now()`; 0: all */
  took(since = 0): Attributes {
    const now = performance.now();
    const attributes: Attributes = {};
    for (const { phase, from, to = now } of this.#sections) {
      const ms = to - Math.max(from, since);
      if (ms <= 0) continue;
      const name = ATTRIBUTES[phase];
      attributes[name] = roundMs(((attributes[name] as number | undefined) ?? 0) + ms);
    }
    return attributes;
  }
}

const OPENINGS = Symbol.for('foreshock.connection-openings');

// Process-wide: packages may have copies.
const openings: WeakMap<object, ConnectionOpening> = ((globalThis as any)[OPENINGS] ??= new WeakMap());

/** Its newest. */
export function rememberOpening(connection: object, opening: ConnectionOpening): ConnectionOpening {
  openings.set(connection, opening);
  return opening;
}

/** Also once it is over. */
export function openingOf(connection: object): ConnectionOpening | undefined {
  return openings.get(connection);
}
