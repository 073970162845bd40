import { Socket, type NetConnectOpts } from 'node:net';
import type { Connections, Connection } from './connections.ts';
import type { Fault } from './fault.ts';
import { boundaryOnStack } from './socket-boundary.ts';
import type { SpansUnderWay } from './spans-under-way.ts';

/** tcpmux, on which nothing listens. */
const CLOSED_PORT = 1;
const LOOPBACK = '127.0.0.1';

type Connect = (this: Socket, ...args: unknown[]) => Socket;
type Opening = { -readonly [K in keyof Socket]: Socket[K] };

interface Options {
  host?: string;
  port?: number | string;
  path?: string;
  lookup?: unknown;
}

/** All clients connect by `net.Socket.prototype.connect`, `tls.connect` too (lib/internal/tls/wrap.js). */
export function hookConnect(connections: Connections, spans: SpansUnderWay): void {
  const original = Socket.prototype.connect as Connect;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    const { options, callback } = readArguments(args);
    const connection: Connection = { target: targetOf(options), boundary: boundaryOnStack() };
    connections.add(this, connection);
    const fault = connections.faultsAt(connection).find(isOfConnecting);
    if (!fault?.takes()) return Reflect.apply(original, this, args);

    const { target } = connection;
    const ms = fault.plan.fault === 'slow-connect' ? fault.delayMs() : undefined;
    spans.findCall(target, '', (marked) => fault.injected(target, marked, ms));
    if (fault.plan.fault === 'refuse') {
      nameTarget(this, options);
      return original.call(
        this,
        { ...options, host: LOOPBACK, port: CLOSED_PORT, lookup: undefined, path: undefined },
        callback,
      );
    }
    // Connects when the fault ends, like TCP's retransmission.
    (this as Opening).connecting = true;
    fault.putOff(ms, () => {
      if (!this.destroyed) Reflect.apply(original, this, args);
    });
    return this;
  } as Socket['connect'];
}

function isOfConnecting({ plan: { fault, match } }: Fault): boolean {
  if (match !== undefined) return false;
  return fault === 'refuse' || fault === 'slow-connect' || fault === 'black-hole';
}

/** Options, a path, or port and host; `net.connect` passes a list. */
function readArguments(args: unknown[]): { options: Options; callback: unknown } {
  const [first, second] = args;
  const callback = args.findLast((each) => typeof each === 'function');
  if (Array.isArray(first)) return { options: first[0] as Options, callback: first[1] ?? undefined };
  if (typeof first === 'object' && first !== null) return { options: first as NetConnectOpts as Options, callback };
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { options: { path: first }, callback };
  return { options: { port: Number(first), ...(typeof second === 'string' && { host: second }) }, callback };
}

function targetOf({ host, port, path }: Options): Connection['target'] {
  if (path) return { names: [path] };
  return { host: host ?? 'localhost', port: Number(port) };
}

/** The error names the requested address. A listener would hide an unhandled error. */
function nameTarget(socket: Socket, { host = 'localhost', port, path }: Options): void {
  const { _destroy: destroy } = socket;
  socket._destroy = function (error: (Error & { address?: string; port?: number }) | null, done) {
    if (error?.port === CLOSED_PORT) {
      error.message = error.message.replace(`${LOOPBACK}:${CLOSED_PORT}`, path ?? `${host}:${port}`);
      error.address = path ?? host;
      if (path) delete error.port;
      else error.port = Number(port);
    }
    return destroy.call(this, error, done);
  };
}
