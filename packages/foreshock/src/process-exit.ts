/**
 * Runs `last` once when the process, or this worker thread, ends in whatever way that runs 'exit' listeners: after all
 * of the application's. A listener of ours would be among them, and the first.
 *
 * `process.emit` is looked up by whoever emits 'exit' (`process.exit` and `onGlobalUncaughtException` in JavaScript,
 * `EmitProcessExit` in C++): that look-up adds the listener behind all others, where no count, warning or
 * 'newListener' shows it. `process.reallyExit` comes when a listener has called `process.exit` itself, which ends the
 * emission; both of Node 22 to 26.
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
    // Something else is emitted while the process exits: a listener has thrown, and the rest are not called.
    if (isAdded) once();
    else isAdded = addLast(of as EventsOfProcess, once);
  };
  // As signal-exit does, and Yarn's PnP; in tests of Jest on a copy of `process`, which has this property too.
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
  // `process` alone has this prototype: until somebody assigns it, `process` has no `emit` of its own, as without us.
  Object.defineProperty(prototype, 'emit', {
    configurable: true,
    enumerable: false,
    get(this: NodeJS.Process) {
      readBy(this);
      return Reflect.get(Object.getPrototypeOf(prototype) as object, 'emit', this);
    },
    set,
  });

  const { reallyExit } = process as unknown as { reallyExit: (code?: number) => never };
  // Of the same name, and the same number of parameters.
  (process as unknown as { reallyExit: unknown }).reallyExit = {
    reallyExit(this: NodeJS.Process, ...args: [code?: number]): never {
      once();
      return reallyExit.apply(this, args);
    },
  }.reallyExit;
}

/** Where an `EventEmitter` keeps its listeners (lib/events.js). */
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
