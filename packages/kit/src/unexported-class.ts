import { EventEmitter } from 'node:events';

const GIVEN_UP = new Error('only looked at by an instrumentation');

/**
 * A class that a bundle makes emitters of, and does not export.
 *
 * @param make makes one; ended, when that one adds its first listener to itself, by an error
 * @param isIt tells it from other emitters
 * @returns its prototype; undefined if none was made
 */
export function unexportedClass(make: () => unknown, isIt: (emitter: object) => boolean): object | undefined {
  const { prototype } = EventEmitter;
  const { on } = prototype;
  let found: object | undefined;
  prototype.on = function (this: EventEmitter, ...args: Parameters<typeof on>) {
    if (!isIt(this)) return on.apply(this, args);
    found = Object.getPrototypeOf(this) as object;
    throw GIVEN_UP;
  };
  try {
    const made = make();
    if (made instanceof Promise) made.catch(() => {});
  } catch {
    // Ours, or a refusal of what it was made with.
  } finally {
    prototype.on = on;
  }
  return found;
}
