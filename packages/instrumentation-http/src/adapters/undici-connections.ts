import type { Socket } from 'node:net';
import { guard, type Hooks } from '@foreshock/kit';
import type { Sent } from '../events.ts';

/** When a connection reached what; times of `performance.now()`. */
interface Opening {
  readonly started: number;
  /** It has a name to resolve. */
  readonly named: boolean;
  readonly encrypted: boolean;
  resolved?: number;
  connected?: number;
  secured?: number;
}

/** More origins are not being connected to at once. */
const MAX_OPENING = 1_000;

interface ConnectParams {
  host: string;
  hostname: string;
  protocol: string;
}

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
  #next: Opening | undefined;

  constructor(hooks: Hooks) {
    hooks.onChannel<{ connectParams: ConnectParams }>('undici:client:beforeConnect', ({ connectParams }) => {
      const { protocol, hostname } = connectParams;
      const last = hostname.charCodeAt(hostname.length - 1);
      const named = !hostname.includes(':') && (last < 48 || last > 57);
      const opening: Opening = { started: performance.now(), named, encrypted: protocol === 'https:' };
      // A client destroyed while it connects tells nobody.
      if (this.#opening.size >= MAX_OPENING) this.#opening.clear();
      this.#opening.set(originOf(connectParams), opening);
      this.#next = opening;
      // A connector of the application's may take its time, or reuse a socket; the next one created is not its.
      queueMicrotask(() => {
        if (this.#next === opening) this.#next = undefined;
      });
    });
    hooks.onChannel<{ socket: Socket }>('net.client.socket', ({ socket }) => {
      const opening = this.#next;
      if (!opening) return;
      this.#next = undefined;
      watch(socket, opening);
    });
    hooks.onChannel<{ connectParams: ConnectParams; socket: Socket }>('undici:client:connected', (message) => {
      const origin = originOf(message.connectParams);
      const opening = this.#opening.get(origin);
      if (!opening) return;
      this.#opening.delete(origin);
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

  /** A request goes over this connection now. */
  used(socket: object, sent: Sent): void {
    const opening = this.#opened.get(socket);
    if (opening) {
      this.#opened.delete(socket);
      tell(opening, sent);
    } else sent.reused();
  }

  /** A request ends that has had no connection. */
  wanted(origin: string, sent: Sent): void {
    const opening = this.#opening.get(origin);
    if (opening) tell(opening, sent);
  }
}

function originOf({ protocol, host }: ConnectParams): string {
  return `${protocol}//${host}`;
}

function watch(socket: Socket, opening: Opening): void {
  const note = (event: string, name: 'resolved' | 'connected' | 'secured'): void =>
    void socket.once(event, () => guard('a connection', () => void (opening[name] ??= performance.now())));
  if (opening.named) note('lookup', 'resolved');
  note('connect', 'connected');
  if (opening.encrypted) note('secureConnect', 'secured');
}

function tell({ started, named, encrypted, resolved, connected, secured }: Opening, sent: Sent): void {
  sent.entered(named ? 'dns' : 'connect', started);
  if (resolved !== undefined) sent.entered('connect', resolved);
  if (connected !== undefined) sent.entered(encrypted ? 'tls' : 'ttfb', connected);
  if (secured !== undefined) sent.entered('ttfb', secured);
}
