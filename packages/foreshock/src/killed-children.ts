import { constants } from 'node:os';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { guard } from '@foreshock/kit';

/** Documented for Node 22 to 26; published before the process starts. */
const CREATED = 'child_process';

/** The child itself reports these. */
const REPORTED_BY_ITSELF: readonly string[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

interface Handle {
  onexit?: (this: unknown, code: number, signal: string, ...more: unknown[]) => unknown;
}

/**
 * Calls `killed` when a signal that a child process cannot report ends it.
 *
 * Not an 'exit' listener, which the application sees: the handle's function that emits it
 * (lib/internal/child_process.js, Node 22 to 26).
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
