import { answering, methodIn, type AnyFunction, type Hooks } from '@foreshock/kit';
import { SOCKET_IO_NAMESPACE } from '@foreshock/kit/names';
import { eventInName } from './event-name.ts';
import type { Asked, HttpEvents, Message, Question } from './events.ts';

/** What the `Socket`s of socket.io and socket.io-client have in common, 2 to 4. */
export interface Socket {
  flags?: { timeout?: number; volatile?: boolean; fromQueue?: boolean };
  /** Sends an event; emits a reserved one. */
  emit(event: string, ...args: unknown[]): unknown;
  onevent(packet: Packet): void;
  packet(packet: Packet): void;
  onclose?(...args: unknown[]): void;
  /** Of the server, 3 and later. */
  _onclose?(...args: unknown[]): void;
}

/** socket.io-parser. */
interface Packet {
  type?: number;
  data?: unknown[];
  /** Of one that is acknowledged. */
  id?: number;
}

const EVENT = 2;
const BINARY_EVENT = 5;

/** What each has of its own. */
export interface End<S extends Socket> {
  namespaceOf(socket: S): string;
  nextIdOf(socket: S): number | undefined;
  /** The application listens for this event by its name. */
  isHeard(socket: S, event: string): boolean;
  timeoutOf(socket: S): number | undefined;
  /** Each connection has a socket of its own. */
  readonly closesForGood: boolean;
  /** Default: the only one. */
  attemptOf?(socket: S, acknowledge: AnyFunction): Partial<Question> | undefined;
}

/** Emitted to the application; of 2, too. */
const RESERVED = new Set([
  'connect',
  'connect_error',
  'connection',
  'disconnect',
  'disconnecting',
  'error',
  'newListener',
  'removeListener',
  'connect_timeout',
  'connecting',
  'reconnect',
  'reconnect_attempt',
  'reconnect_error',
  'reconnect_failed',
  'reconnecting',
  'ping',
  'pong',
]);

interface Acknowledge extends AnyFunction {
  /** Takes an error first: `emitWithAck` of the client. */
  withError?: boolean;
}

/** `onevent` gets each event. `emit` sends one, by `packet`: the client's once there is a connection. */
export function observeSockets<S extends Socket>(prototype: S, events: HttpEvents, hooks: Hooks, end: End<S>): void {
  const unanswered = new WeakMap<S, Map<number, Asked>>();
  const closed = new WeakSet<S>();

  function messageOf(socket: S, event: string | undefined): Message {
    const destination = event === undefined ? undefined : eventInName(event);
    const namespace = end.namespaceOf(socket);
    const attributes = namespace === '/' ? undefined : { [SOCKET_IO_NAMESPACE]: namespace };
    return { system: 'socket.io', destination, attributes };
  }

  // For every event: `hooks.wrap` is cheaper.
  hooks.wrap<Socket>(prototype, 'onevent', (original) =>
    methodIn(original, (socket: S, args) => {
      if (!hooks.active) return undefined;
      const name: unknown = (args[0] as Packet).data?.[0];
      const isOwn = typeof name === 'string' && end.isHeard(socket, name);
      return events.arrived(messageOf(socket, isOwn ? name : undefined)).context;
    }),
  );

  hooks.calls<Socket, Asked>(prototype, 'emit', {
    begin(socket: S, args: unknown[]) {
      const [event] = args;
      const acknowledge = args.at(-1) as Acknowledge;
      if (typeof event !== 'string' || RESERVED.has(event) || typeof acknowledge !== 'function') return undefined;
      const id = end.nextIdOf(socket);
      // Queued first: `emit` comes again.
      if (id === undefined || socket.flags?.volatile || isQueued(socket)) return undefined;
      const timeoutMs = end.timeoutOf(socket);
      const asked = events.asking({
        message: messageOf(socket, event),
        timeoutMs,
        ...end.attemptOf?.(socket, acknowledge),
      });
      if (!asked) return undefined;
      const others = unanswered.get(socket);
      if (others) others.set(id, asked);
      else unanswered.set(socket, new Map([[id, asked]]));
      const takesError = timeoutMs !== undefined || acknowledge.withError === true;
      const answered: Acknowledge = answering('socket.io acknowledgement', asked, acknowledge, (answer) => {
        unanswered.get(socket)?.delete(id);
        if (takesError && answer[0]) asked.failed(reasonOf(answer[0]));
        else asked.answered();
      });
      if (acknowledge.withError) answered.withError = true;
      args[args.length - 1] = answered;
      return asked;
    },
    returned(asked, _result, socket: S) {
      if (closed.has(socket)) asked.failed(DISCONNECTED);
      else asked.waits();
    },
    failed: (asked, error) => asked.failed(error),
  });

  hooks.before<Socket>(prototype, 'packet', (socket: S, [{ type, id }]: [Packet]) => {
    if (id !== undefined && (type === EVENT || type === BINARY_EVENT)) unanswered.get(socket)?.get(id)?.sent();
  });

  hooks.before<Socket>(prototype, prototype._onclose ? '_onclose' : 'onclose', (socket: S) => {
    if (end.closesForGood) closed.add(socket);
    for (const [id, asked] of unanswered.get(socket) ?? []) {
      // A client sends others over the next connection.
      if (!end.closesForGood && !asked.isSent) continue;
      asked.failed(DISCONNECTED);
      unanswered.get(socket)!.delete(id);
    }
  });
}

/** socket.io-client 4.6, `emit`. */
function isQueued({ flags, _opts }: Socket & { _opts?: { retries?: number } }): boolean {
  return Boolean(_opts?.retries) && !flags?.fromQueue;
}

const DISCONNECTED = 'disconnected';

/** In the words of both ends (`_registerAckCallback`, `_clearAcks`). */
function reasonOf(error: { message?: unknown }): unknown {
  if (error.message === 'operation has timed out') return 'timeout';
  return error.message === 'socket has been disconnected' ? DISCONNECTED : error;
}
