import type { Socket } from 'node:net';
import { guard, type Hooks } from '@foreshock/kit';
import type { Phase, Sent } from '../../events.ts';
import { isResolving } from '../../host-name.ts';
import { runInMicrotask } from './microtask.ts';

/** When a connection reached what; times of `performance.now()`. */
interface Opening {
  readonly origin: string;
  /** Without the port. */
  readonly host: string;
  readonly wantedBy: Sent | undefined;
  readonly started: number;
  readonly encrypted: boolean;
  /** Its own connector opens it at once; else somebody hands one over: a proxy's tunnel. */
  socket?: Socket;
  /** It has a name to resolve. */
  named: boolean;
  resolved?: number;
  connected?: number;
  secured?: number;
  /** The client has it. */
  ready?: number;
}

/** More connections are not being opened at once. */
const MAX_OPENING = 1_000;

interface ConnectParams {
  host: string;
  hostname: string;
  protocol: string;
}

/** On a connection that a request has gone over. */
const SEEN = Symbol('foreshock.seen');

/**
 * How connections of undici's clients came to be. A client connects once a request waits in its queue: what the
 * first request on a connection waited for is told by the socket, which is seen as it is created. A pool opens many
 * connections to one origin at once.
 */
export class Connections {
  /** Being opened, the oldest first. */
  readonly #opening = new Set<Opening>();
  /** By the socket that its connector created, then by the one that a client was given; until its first request. */
  readonly #bySocket = new WeakMap<object, Opening>();
  /** Between `beforeConnect` and the socket that the connector creates at once. */
  #next: Opening | undefined;
  /** The request that was just made; when its client has no connection, it begins one at once. */
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
      // A client destroyed while it connects tells nobody.
      if (this.#opening.size >= MAX_OPENING) this.#opening.clear();
      this.#opening.add(opening);
      this.#next = opening;
      // A connector of the application's may take its time, or reuse a socket; the next one created is not its.
      queueMicrotask(() => {
        if (this.#next === opening) this.#next = undefined;
      });
    });
    hooks.onChannel<{ socket: Socket }>('net.client.socket', ({ socket }) => {
      const next = this.#next;
      if (!next) return;
      this.#next = undefined;
      next.socket = socket;
      this.#bySocket.set(socket, next);
      watch(socket, next);
    });
    hooks.onChannel<{ connectParams: ConnectParams; socket: Socket }>('undici:client:connected', (message) => {
      const { socket, connectParams } = message;
      const own = this.#bySocket.get(socket);
      // What a proxy agent hands over was opened for the proxy.
      const opening = own?.origin === originOf(connectParams) ? own : this.#find(connectParams, (each) => !each.socket);
      if (!opening) return;
      this.#opening.delete(opening);
      opening.ready = performance.now();
      this.#bySocket.set(socket, opening);
    });
    hooks.onChannel<{ connectParams: ConnectParams }>('undici:client:connectError', ({ connectParams }) => {
      const opening =
        this.#find(connectParams, (each) => each.socket?.destroyed === true) ?? this.#find(connectParams, () => true);
      // The requests that waited for it are told in this tick.
      if (opening) process.nextTick(() => this.#opening.delete(opening));
    });
  }

  /** A request is made; a client that begins to connect for it does so before this tick of microtasks is over. */
  made(sent: Sent): void {
    this.#newest = sent;
    runInMicrotask(() => {
      if (this.#newest === sent) this.#newest = undefined;
    });
  }

  /**
   * A request goes over this connection now.
   *
   * @param next what it waits for once there is one
   */
  used(socket: object & { [SEEN]?: true }, sent: Sent, next: Phase): void {
    const opening = this.#bySocket.get(socket);
    if (opening) {
      this.#bySocket.delete(socket);
      tell(opening, sent, next);
    } else if (socket[SEEN]) sent.reused();
    socket[SEEN] = true;
    sent.entered(next);
  }

  /** A request ends that has had no connection. */
  wanted(origin: string, sent: Sent): void {
    let found: Opening | undefined;
    for (const opening of this.#opening) {
      if (opening.origin !== origin) continue;
      if (opening.wantedBy === sent) return tell(opening, sent, 'ttfb');
      found ??= opening;
    }
    if (found) tell(found, sent, 'ttfb');
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

function watch(socket: Socket, opening: Opening): void {
  const note = (event: string, name: 'resolved' | 'connected' | 'secured'): void =>
    void socket.once(event, () => guard('a connection', () => void (opening[name] ??= performance.now())));
  // `connect` of lib/net.js publishes the socket, and then begins to connect it.
  queueMicrotask(() => guard('a connection', () => void (opening.named = isResolving(socket, opening.host))));
  note('lookup', 'resolved');
  note('connect', 'connected');
  if (opening.encrypted) note('secureConnect', 'secured');
}

function tell(opening: Opening, sent: Sent, next: Phase): void {
  const { started, socket, named, encrypted, resolved, connected, secured, ready } = opening;
  if (socket) sent.entered(named ? 'dns' : 'connect', started);
  else sent.entered('proxy', started);
  if (resolved !== undefined) sent.entered('connect', resolved);
  if (connected !== undefined) sent.entered(encrypted ? 'tls' : next, connected);
  const usable = secured ?? ready;
  if (usable !== undefined) sent.entered(next, usable);
}
