import type { Socket } from 'node:net';
import { BriefHandOver, guard, type Hooks } from '@foreshock/kit';
import type { Phase, Sent } from '../../events.ts';
import { isResolving } from '../../host-name.ts';
import { runInMicrotask } from './microtask.ts';

/** `performance.now()`. */
interface Opening {
  readonly origin: string;
  /** Without the port. */
  readonly host: string;
  readonly wantedBy: Sent | undefined;
  readonly started: number;
  readonly encrypted: boolean;
  /** Undefined with another connector, as a proxy's. */
  socket?: Socket;
  /** Whether resolved. */
  named: boolean;
  resolved?: number;
  connected?: number;
  secured?: number;
  /** When the client received it. */
  ready?: number;
}

const MAX_OPENING = 1_000;

interface ConnectParams {
  host: string;
  hostname: string;
  protocol: string;
}

/** A client connects for a queued request; a pool's connections differ by socket. */
export class Connections {
  /** Oldest first. */
  readonly #opening = new Set<Opening>();
  /** By the connector's, then client's socket, until the first request. */
  readonly #bySocket = new WeakMap<object, Opening>();
  /** By a request. */
  readonly #seen = new WeakSet<object>();
  /** From `beforeConnect`, in the same turn. */
  readonly #next = new BriefHandOver<Opening>();
  /** It may connect at once. */
  #newest: Sent | undefined;

  constructor(hooks: Hooks) {
    hooks.onChannel<{ connectParams: ConnectParams }>('undici:client:beforeConnect', ({ connectParams }) => {
      const opening: Opening = {
        origin: originOf(connectParams),
        host: connectParams.hostname,
        wantedBy: this.#newest,
        started: performance.now(),
        encrypted: connectParams.protocol === 'https:',
        named: false,
      };
      // A client destroyed while connecting publishes nothing.
      if (this.#opening.size >= MAX_OPENING) this.#opening.clear();
      this.#opening.add(opening);
      // A custom connector may wait or reuse a socket; a later socket is not its own.
      this.#next.offer(opening);
    });
    hooks.onChannel<{ socket: Socket }>('net.client.socket', ({ socket }) => {
      const next = this.#next.take();
      if (!next) return;
      next.socket = socket;
      this.#bySocket.set(socket, next);
      observeSocket(socket, next);
    });
    hooks.onChannel<{ connectParams: ConnectParams; socket: Socket }>('undici:client:connected', (message) => {
      const { socket, connectParams } = message;
      const own = this.#bySocket.get(socket);
      // A proxy agent's was opened for the proxy.
      const opening = own?.origin === originOf(connectParams) ? own : this.#find(connectParams, (each) => !each.socket);
      if (!opening) return;
      this.#opening.delete(opening);
      opening.ready = performance.now();
      this.#bySocket.set(socket, opening);
    });
    hooks.onChannel<{ connectParams: ConnectParams }>('undici:client:connectError', ({ connectParams }) => {
      const opening =
        this.#find(connectParams, (each) => each.socket?.destroyed === true) ?? this.#find(connectParams, () => true);
      // Waiting requests fail in this tick.
      if (opening) process.nextTick(() => this.#opening.delete(opening));
    });
  }

  /** Clients connect within this tick's microtasks. */
  made(sent: Sent): void {
    this.#newest = sent;
    runInMicrotask(() => {
      if (this.#newest === sent) this.#newest = undefined;
    });
  }

  /** @param next the phase after the connection */
  used(socket: object, sent: Sent, next: Phase): void {
    const opening = this.#bySocket.get(socket);
    if (opening) {
      this.#bySocket.delete(socket);
      setPhases(opening, sent, next);
    } else if (this.#seen.has(socket)) sent.reused();
    this.#seen.add(socket);
    sent.entered(next);
  }

  /** Ended without a connection. */
  wanted(origin: string, sent: Sent): void {
    let found: Opening | undefined;
    for (const opening of this.#opening) {
      if (opening.origin !== origin) continue;
      if (opening.wantedBy === sent) return setPhases(opening, sent, 'ttfb');
      found ??= opening;
    }
    if (found) setPhases(found, sent, 'ttfb');
  }

  #find(params: ConnectParams, matches: (opening: Opening) => boolean): Opening | undefined {
    const origin = originOf(params);
    for (const opening of this.#opening) {
      if (opening.origin === origin && matches(opening)) return opening;
    }
    return undefined;
  }
}

function originOf({ protocol, host }: ConnectParams): string {
  return `${protocol}//${host}`;
}

function observeSocket(socket: Socket, opening: Opening): void {
  const note = (event: string, name: 'resolved' | 'connected' | 'secured'): void =>
    void socket.once(event, () => guard('a connection', () => void (opening[name] ??= performance.now())));
  // `connect` of lib/net.js publishes the socket before it connects.
  queueMicrotask(() => guard('a connection', () => void (opening.named = isResolving(socket, opening.host))));
  note('lookup', 'resolved');
  note('connect', 'connected');
  if (opening.encrypted) note('secureConnect', 'secured');
}

function setPhases(opening: Opening, sent: Sent, next: Phase): void {
  const { started, socket, named, encrypted, resolved, connected, secured, ready } = opening;
  if (socket) sent.entered(named ? 'dns' : 'connect', started);
  else sent.entered('proxy', started);
  if (resolved !== undefined) sent.entered('connect', resolved);
  if (connected !== undefined) sent.entered(encrypted ? 'tls' : next, connected);
  const usable = secured ?? ready;
  if (usable !== undefined) sent.entered(next, usable);
}
