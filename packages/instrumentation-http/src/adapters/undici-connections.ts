import type { Socket } from 'node:net';
import { guard, type Hooks } from '@foreshock/kit';
import type { Phase, Sent } from '../events.ts';
import { isResolving } from './host-name.ts';

/** When a connection reached what; times of `performance.now()`. */
interface Opening {
  readonly started: number;
  readonly encrypted: boolean;
  /** Its own connector opens a socket for it at once; else somebody hands one over: a proxy's tunnel. */
  direct: boolean;
  /** It has a name to resolve. */
  named: boolean;
  resolved?: number;
  connected?: number;
  secured?: number;
  /** The client has it. */
  ready?: number;
}

/** More origins are not being connected to at once. */
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
 * first request on a connection waited for is told by the socket, which is seen as it is created.
 */
export class Connections {
  /** Being opened, by origin; what a request waits for that has no connection yet. */
  readonly #opening = new Map<string, Opening>();
  /** Opened, until their first request. */
  readonly #opened = new WeakMap<object, Opening>();
  /** Between `beforeConnect` and the socket that the connector creates at once. */
  #next: { opening: Opening; host: string } | undefined;

  constructor(hooks: Hooks) {
    hooks.onChannel<{ connectParams: ConnectParams }>('undici:client:beforeConnect', ({ connectParams }) => {
      const { protocol, hostname } = connectParams;
      const opening: Opening = {
        started: performance.now(),
        encrypted: protocol === 'https:',
        direct: false,
        named: false,
      };
      // A client destroyed while it connects tells nobody.
      if (this.#opening.size >= MAX_OPENING) this.#opening.clear();
      this.#opening.set(originOf(connectParams), opening);
      const next = { opening, host: hostname };
      this.#next = next;
      // A connector of the application's may take its time, or reuse a socket; the next one created is not its.
      queueMicrotask(() => {
        if (this.#next === next) this.#next = undefined;
      });
    });
    hooks.onChannel<{ socket: Socket }>('net.client.socket', ({ socket }) => {
      const next = this.#next;
      if (!next) return;
      this.#next = undefined;
      next.opening.direct = true;
      watch(socket, next.opening, next.host);
    });
    hooks.onChannel<{ connectParams: ConnectParams; socket: Socket }>('undici:client:connected', (message) => {
      const origin = originOf(message.connectParams);
      const opening = this.#opening.get(origin);
      if (!opening) return;
      this.#opening.delete(origin);
      opening.ready = performance.now();
      this.#opened.set(message.socket, opening);
    });
    hooks.onChannel<{ connectParams: ConnectParams }>('undici:client:connectError', ({ connectParams }) => {
      const origin = originOf(connectParams);
      const opening = this.#opening.get(origin);
      // The requests that waited for it are told in this tick.
      process.nextTick(() => {
        if (this.#opening.get(origin) === opening) this.#opening.delete(origin);
      });
    });
  }

  /**
   * A request goes over this connection now.
   *
   * @param next what it waits for once there is one
   */
  used(socket: object & { [SEEN]?: true }, sent: Sent, next: Phase): void {
    const opening = this.#opened.get(socket);
    if (opening) {
      this.#opened.delete(socket);
      tell(opening, sent, next);
    } else if (socket[SEEN]) sent.reused();
    socket[SEEN] = true;
    sent.entered(next);
  }

  /** A request ends that has had no connection. */
  wanted(origin: string, sent: Sent): void {
    const opening = this.#opening.get(origin);
    if (opening) tell(opening, sent, 'ttfb');
  }
}

function originOf({ protocol, host }: ConnectParams): string {
  return `${protocol}//${host}`;
}

function watch(socket: Socket, opening: Opening, host: string): void {
  const note = (event: string, name: 'resolved' | 'connected' | 'secured'): void =>
    void socket.once(event, () => guard('a connection', () => void (opening[name] ??= performance.now())));
  // `connect` of lib/net.js publishes the socket, and then begins to connect it.
  queueMicrotask(() => guard('a connection', () => void (opening.named = isResolving(socket, host))));
  note('lookup', 'resolved');
  note('connect', 'connected');
  if (opening.encrypted) note('secureConnect', 'secured');
}

function tell(opening: Opening, sent: Sent, next: Phase): void {
  const { started, direct, named, encrypted, resolved, connected, secured, ready } = opening;
  if (direct) sent.entered(named ? 'dns' : 'connect', started);
  else sent.entered('proxy', started);
  if (resolved !== undefined) sent.entered('connect', resolved);
  if (connected !== undefined) sent.entered(encrypted ? 'tls' : next, connected);
  const usable = secured ?? ready;
  if (usable !== undefined) sent.entered(next, usable);
}
