import { constants } from 'node:os';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { guard } from '@foreshock/kit';

/** Documented for Node 22 to 26; published before the process is started. */
const CREATED = 'child_process';

/** Of these the child itself has said that they end it. */
const REPORTED_BY_ITSELF: readonly string[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

interface Handle {
  onexit?: (this: unknown, code: number, signal: string, ...more: unknown[]) => unknown;
}

/**
 * Calls `killed` when a child process is ended by a signal that it cannot report: of a worker of `node:cluster` that
 * crashes in native code only its parent knows.
 *
 * Not a listener of 'exit', which the application could see: the handle's function, which emits it
 * (lib/internal/child_process.js of Node 22 to 26).
 */
export function watchChildren(killed: (pid: number, signal: number) => void): void {
  subscribe(CREATED, (message) =>
    guard('a child process', () => {
      const child = (message as { process?: ChildProcess & { _handle?: Handle } }).process;
      const handle = child?._handle;
      const { onexit } = handle ?? {};
      if (!child || !handle || typeof onexit !== 'function') return;
      const watched: Handle['onexit'] = function (code, signal, ...more) {
        guard('the end of a child process', () => {
          const number = constants.signals[signal as NodeJS.Signals];
          if (child.pid === undefined || number === undefined || REPORTED_BY_ITSELF.includes(signal)) return;
          killed(child.pid, number);
        });
        return Reflect.apply(onexit, this, [code, signal, ...more]);
      };
      Object.assign(handle, { onexit: watched });
    }),
  );
}
