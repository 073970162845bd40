import { report, type Hooks } from '@foreshock/kit';

/** Anything that runs the application's listeners where they belong. */
interface Place {
  run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R;
}

/** As lib/events.js has it: absent, one function, or an array of them. */
interface Emitter {
  _events?: Record<PropertyKey, unknown>;
}

/**
 * Lets `hear` see each event of a message before its listeners do, and runs these in the place it answers.
 * One wrapper on the prototype: nothing is bound, no listener is added, each stays what the application gave.
 */
export function wrapEmit<M extends object>(
  prototype: M,
  hooks: Hooks,
  hear: (message: M, event: PropertyKey, args: ArrayLike<any>) => Place | null | undefined,
): void {
  hooks.wrap(prototype as M & { emit(): void }, 'emit', (original) => {
    return function emit(this: M & Emitter, event: PropertyKey) {
      if (!hooks.active) return original.apply(this, arguments as never);
      let place: Place | null | undefined;
      try {
        place = hear(this, event, arguments);
      } catch (error) {
        report('an event of an HTTP message', error);
      }
      // Without listeners nothing of the application's runs; most events have none.
      if (!place || this._events?.[event] === undefined) return original.apply(this, arguments as never);
      return place.run(original, this, arguments as never);
    };
  });
}

/**
 * Whether headers, in any form that `_storeHeader` of lib/_http_outgoing.js takes, name one.
 *
 * @param name in lower case
 */
export function hasHeader(headers: unknown, name: string): boolean {
  return headerNamed(headers, name) !== undefined;
}

/** The header of this name; of the outgoing headers that `setHeader` filled, its entry `[name, value]`. */
export function headerNamed(headers: unknown, name: string): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (!Array.isArray(headers)) {
    for (const key in headers) {
      if (key.length === name.length && key.toLowerCase() === name) return (headers as Record<string, unknown>)[key];
    }
    return undefined;
  }
  const inPairs = Array.isArray(headers[0]);
  for (let i = 0; i < headers.length; i += inPairs ? 1 : 2) {
    const key = String(inPairs ? headers[i]?.[0] : headers[i]);
    if (key.length === name.length && key.toLowerCase() === name) return inPairs ? headers[i][1] : headers[i + 1];
  }
  return undefined;
}
