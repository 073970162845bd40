import { subscribe } from 'node:diagnostics_channel';
import { accessSync, constants, statSync } from 'node:fs';
import { guard } from '@foreshock/kit';

/** Another program takes the process's place: no event says so, and all threads end. */
const EXECVE = 'process.execve';

/** Runs `last` before `process.execve` (Node 22.15, 23.11), unless that cannot start what it is given, and may go on. */
export function runBeforeExec(last: () => void): void {
  subscribe(EXECVE, (message) => {
    guard('before process.execve', () => {
      if (canStart((message as { execPath: string }).execPath)) last();
    });
  });
}

function canStart(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs `last` once at the end of process or worker, after the application's 'exit' listeners.
 *
 * Emitters of 'exit' look up `process.emit` (`process.exit`, `onGlobalUncaughtException`, `EmitProcessExit` in C++),
 * which appends the listener, unseen by counts and 'newListener'. `process.reallyExit` covers listeners that call
 * `process.exit`. Both of Node 22 to 26.
 */
export function runAtExit(last: () => void): void {
  let isDone = false;
  let isAdded = false;
  let assigned: unknown;
  const once = (): void => {
    if (isDone) return;
    isDone = true;
    last();
  };

  const prototype = Object.getPrototypeOf(process) as object;
  const readBy = (of: NodeJS.Process): void => {
    if (!isExiting(of)) return;
    // A listener threw: the rest are skipped.
    if (isAdded) once();
    else isAdded = addLast(of as EventsOfProcess, once);
  };
  // signal-exit and Yarn's PnP assign it; Jest on its copy of `process`.
  function set(this: NodeJS.Process, value: unknown): void {
    if (this !== process) {
      Object.defineProperty(this, 'emit', { configurable: true, enumerable: true, writable: true, value });
      return;
    }
    assigned = value;
    Object.defineProperty(process, 'emit', {
      configurable: true,
      enumerable: true,
      get(this: NodeJS.Process) {
        readBy(this);
        return assigned;
      },
      set,
    });
  }
  // Only `process` has this prototype; unassigned, it has no own `emit`.
  Object.defineProperty(prototype, 'emit', {
    configurable: true,
    enumerable: false,
    get(this: NodeJS.Process) {
      readBy(this);
      return Reflect.get(Object.getPrototypeOf(prototype) as object, 'emit', this);
    },
    set,
  });

  // Assigned before, as by Yarn's PnP.
  if (Object.getOwnPropertyDescriptor(process, 'emit')?.configurable) set.call(process, process.emit);

  const { reallyExit } = process as unknown as { reallyExit: (code?: number) => never };
  // Node's name and parameter count.
  (process as unknown as { reallyExit: unknown }).reallyExit = {
    reallyExit(this: NodeJS.Process, ...args: [code?: number]): never {
      once();
      return reallyExit.apply(this, args);
    },
  }.reallyExit;
}

/** An `EventEmitter`'s listeners (lib/events.js). */
interface EventsOfProcess {
  _events?: Record<string, unknown>;
}

function isExiting(of: NodeJS.Process): boolean {
  return of === process && (process as unknown as { _exiting?: boolean })._exiting === true;
}

function addLast({ _events: events }: EventsOfProcess, last: () => void): boolean {
  if (!events) return false;
  const { exit } = events;
  events['exit'] = exit === undefined ? last : Array.isArray(exit) ? [...(exit as unknown[]), last] : [exit, last];
  return true;
}
