import { Socket } from 'node:net';
import type { Connections } from './connections.ts';
import type { Fault } from './fault.ts';

/** TCPWrap or TLSWrap (lib/net.js, `tryReadStart`). */
interface Readable {
  _handle?: { reading: boolean; readStart(): number; readStop(): number } | null;
}

/** A black hole's open connections are unread until the fault ends. */
export function stopReading(connections: Connections, fault: Fault): void {
  if (fault.plan.match !== undefined || fault.plan.share < 1) return;
  for (const [socket] of connections.hitBy(fault)) pause(socket, fault, undefined);
}

/** A throttled connection is read again after its data's time. */
export function hookRead(connections: Connections): void {
  const original = Socket.prototype.push;
  Socket.prototype.push = function (this: Socket, chunk: unknown, ...rest: unknown[]) {
    const more = Reflect.apply(original, this, [chunk, ...rest]) as boolean;
    const connection = chunk instanceof Uint8Array ? connections.of(this) : undefined;
    const fault = connection && connections.faultsAt(connection).find(({ plan }) => plan.fault === 'throttle');
    if (!fault) return more;
    pause(this, fault, ((chunk as Uint8Array).length / fault.plan.bytesPerSecond) * 1_000);
    // Otherwise the stream stops, and resumes at the next read (lib/internal/stream_base_commons.js).
    return true;
  } as Socket['push'];
}

function pause(socket: Socket, fault: Fault, ms: number | undefined): void {
  const { _handle: handle } = socket as Readable;
  if (!handle?.reading) return;
  // `reading` stays true, so the stream does not start it.
  handle.readStop();
  fault.putOff(ms, () => {
    if (!socket.destroyed && (socket as Readable)._handle === handle && handle.reading) handle.readStart();
  });
}
