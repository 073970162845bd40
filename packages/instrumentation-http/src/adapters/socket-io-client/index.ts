import type { Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { observeSockets } from '../../socket-io.ts';
import { Attempts, type Queueing } from './attempts.ts';

interface ClientSocket extends Queueing {
  nsp: string;
  ids: number;
  hasListeners(event: string): boolean;
}

/** For Node in 2: lib; in 3: build; then build/cjs, build/esm-debug. */
const FOLDERS = ['lib', 'build', 'build/cjs', 'build/esm', 'build/esm-debug'];

/** socket.io-client 2 to 4, as its server (socket-io.ts). */
export const socketIoClient: Adapter<HttpEvents> = {
  library: 'socket.io-client',
  versions: '>=2.5.0 <5',
  upstream: [],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'as its server; how long an event waited for a connection, and its attempts (`retries`)',
  attach(events, hooks) {
    const attach = (prototype: ClientSocket): void => {
      const attempts = new Attempts();
      if (prototype._addToQueue) attempts.observe(prototype, hooks);
      observeSockets(prototype, events, hooks, {
        namespaceOf: ({ nsp }) => nsp,
        nextIdOf: ({ ids }) => ids,
        isHeard: (socket, event) => socket.hasListeners(event),
        timeoutOf: ({ flags, _opts }) => flags?.timeout ?? _opts?.ackTimeout,
        closesForGood: false,
        attemptOf: (socket, acknowledge) => attempts.next(socket, acknowledge),
      });
    };
    for (const folder of FOLDERS) {
      const at = `socket.io-client/${folder}`;
      hooks.onLoad(`${at}/socket.js`, ({ exports }) => attach((exports.Socket ?? exports).prototype));
      // Its timers go on for as long as there is no server.
      hooks.onLoad(`${at}/manager.js`, ({ exports }) =>
        hooks.detach((exports.Manager ?? exports).prototype, 'reconnect'),
      );
    }
  },
};
