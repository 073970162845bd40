import { Socket } from 'node:net';
import { trace } from '@opentelemetry/api';
import { outcomeOf } from './bench.ts';
import type { Check } from './check.ts';

/**
 * A connection outlives the call that opened it. A second application connects in a caller's span; events after its end
 * are checked.
 */
export const connectionCheck: Check = async ({ recorded, open }) => {
  const sockets = new Set<Socket>();
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (this: Socket, ...args: any[]) {
    sockets.add(this);
    return Reflect.apply(connect, this, args);
  } as typeof connect;
  try {
    const { app, spanId } = await recorded.inSpan('opener', async (span) => {
      const app = await open();
      await outcomeOf(() => app.succeed());
      return { app, spanId: span.spanContext().spanId };
    });
    const problems = new Set<string>();
    for (const socket of sockets) {
      for (const event of ['data', 'close']) {
        socket.on(event, () => {
          if (trace.getActiveSpan()?.spanContext().spanId !== spanId) return;
          problems.add(`'${event}' of a connection is in the trace of the call that opened it, which has ended`);
        });
      }
    }
    await recorded.inSpan('caller', () => outcomeOf(() => app.succeed()));
    const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await app.close();
    await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, 200))]);
    return [...problems];
  } finally {
    Socket.prototype.connect = connect;
  }
};
