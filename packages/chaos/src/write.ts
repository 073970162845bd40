import { Socket } from 'node:net';
import type { Connections } from './connections.ts';
import type { Fault } from './fault.ts';
import type { FaultKind } from './plan.ts';
import { failing } from './protocols/failing.ts';
import { beginsRequest, refusal } from './protocols/http.ts';
import type { SpansUnderWay } from './spans-under-way.ts';

const ON_WRITE: readonly FaultKind[] = ['delay', 'fail', 'black-hole', 'throttle'];
/** Searched for `match` and a span ID. */
const READ = 64 * 1024;

type Written = (error?: Error | null) => void;
type WriteGeneric = (this: Socket, writev: boolean, data: unknown, encoding: string, written: Written) => unknown;
interface Writer {
  _writeGeneric: WriteGeneric;
}

/** Connections with an injected response drop all further data. */
const answered = new WeakSet<Socket>();

/** All writes use `_writeGeneric` (lib/net.js), TLS before encryption: a delayed one delays later ones. */
export function hookWrite(connections: Connections, spans: SpansUnderWay): void {
  const prototype = Socket.prototype as unknown as Writer;
  const original = prototype._writeGeneric;
  prototype._writeGeneric = function (writev, data, encoding, written) {
    const connection = connections.of(this);
    if (!connection || this.connecting) return original.call(this, writev, data, encoding, written);
    if (answered.has(this)) return void written();
    const faults = connections.faultsAt(connection).filter(({ plan }) => ON_WRITE.includes(plan.fault));
    if (faults.length === 0) return original.call(this, writev, data, encoding, written);

    const bytes = bytesOf(writev, data, encoding);
    const text = bytes.toString('latin1', 0, READ);
    const isHttp = connection.boundary === 'http';
    const fault = faults.find(({ plan }) => {
      if (isHttp && plan.fault !== 'black-hole' && plan.fault !== 'throttle' && !beginsRequest(text)) return false;
      return plan.match === undefined || text.includes(plan.match);
    });
    if (!fault?.takes()) return original.call(this, writev, data, encoding, written);

    const { target } = connection;
    const send = (): void => {
      if (this.destroyed) written();
      else original.call(this, writev, data, encoding, written);
    };
    const ms = waitOf(fault, bytes.length);
    spans.findCall(target, text, (marked) => fault.injected(target, marked, ms));
    if (fault.plan.fault !== 'fail') return fault.putOff(ms, send);

    // Known protocols' own error, else a reset.
    if (isHttp) return answer(this, fault, written);
    const instead = failing(bytes, fault.plan.code);
    if (instead) return original.call(this, false, instead, 'buffer', written);
    written();
    return reset(this);
  };
}

function answer(socket: Socket, fault: Fault, written: Written): void {
  answered.add(socket);
  written();
  setImmediate(() => {
    if (socket.destroyed) return;
    socket.push(refusal(fault.plan.status));
    socket.push(null);
  });
}

export function reset(socket: Socket): void {
  const error = Object.assign(new Error('read ECONNRESET'), { errno: -104, code: 'ECONNRESET', syscall: 'read' });
  socket.destroy(error);
}

/** Undefined: until the fault ends, or never. */
function waitOf(fault: Fault, length: number): number | undefined {
  if (fault.plan.fault === 'delay') return fault.delayMs();
  return fault.plan.fault === 'throttle' ? Math.round((length / fault.plan.bytesPerSecond) * 1_000) : undefined;
}

function bytesOf(writev: boolean, data: unknown, encoding: string): Buffer {
  if (!writev) return toBuffer(data, encoding);
  const list = data as readonly { chunk: unknown; encoding: string }[];
  return Buffer.concat(list.map((each) => toBuffer(each.chunk, each.encoding)));
}

function toBuffer(chunk: unknown, encoding: string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding as BufferEncoding);
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as Uint8Array);
}
