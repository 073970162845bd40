import { inspect } from 'node:util';
import { isProxy } from 'node:util/types';
import { detached, detachedTimeout, guard, type AnyFunction } from '@foreshock/kit';
import type { Failure } from './events.ts';

const ASYNC_FUNCTION: unknown = Object.getPrototypeOf(async () => {});

/** Between checks of unacknowledged messages, ms. */
const EVERY_MS = 20;
/** Per tick; each takes microseconds. */
const AT_A_TIME = 50;

// No custom inspectors or proxy traps.
const BRIEFLY = { depth: 0, customInspect: false, showProxy: true, maxArrayLength: 0, maxStringLength: 0 };
const FULLY = { ...BRIEFLY, depth: 1, maxStringLength: 256 };

interface Rejection {
  readonly message: string;
  /** Value of `error.type`. */
  readonly type: string;
}

export interface ObservedPromise {
  readonly promise: Promise<unknown>;
  readonly settled: (rejection: Rejection | undefined) => void;
}

/**
 * Of handlers whose library ignores their promises: unhandled rejections stay so. A `then` would change that for all but
 * `async` functions: `util.inspect` reads the others' state, after acknowledgement and periodically before.
 */
export class HandlerPromises {
  readonly #place: string;
  readonly #observed = new Set<ObservedPromise>();
  readonly #answered = new Set<ObservedPromise>();
  #isTimed = false;

  /** @param place for reports */
  constructor(place: string) {
    this.#place = place;
  }

  /** @returns what {@link soon} takes; undefined: it is not needed */
  follow(
    handler: AnyFunction,
    promise: Promise<unknown>,
    end: (failure?: Failure) => void,
  ): ObservedPromise | undefined {
    if (!makesItsPromises(handler)) {
      const settled: ObservedPromise['settled'] = (rejection) =>
        end(rejection && { error: rejection, type: rejection.type });
      const observed = { promise, settled };
      this.#add(observed);
      return observed;
    }
    promise.then(
      () => guard(this.#place, end),
      (error: unknown) => {
        guard(this.#place, () => end({ error }));
        // Stays unhandled.
        throw error;
      },
    );
    return undefined;
  }

  #add(observed: ObservedPromise): void {
    this.#observed.add(observed);
    if (this.#isTimed) return;
    this.#isTimed = true;
    detachedTimeout(this.#place, () => this.#tick(), EVERY_MS);
  }

  /** Acknowledged: it settles soon. */
  soon(observed: ObservedPromise): void {
    if (!this.#observed.has(observed)) return;
    if (this.#answered.size === 0) detached(setImmediate, undefined, [() => this.#lookAtAnswered()]);
    this.#answered.add(observed);
  }

  #lookAtAnswered(): void {
    const answered = [...this.#answered];
    this.#answered.clear();
    for (const each of answered) this.#look(each);
  }

  #tick(): void {
    this.#isTimed = false;
    const some: ObservedPromise[] = [];
    for (const each of this.#observed) if (some.push(each) === AT_A_TIME) break;
    for (const each of some) {
      // Others come first next time.
      this.#observed.delete(each);
      this.#observed.add(each);
      this.#look(each);
    }
    const [next] = this.#observed;
    if (next) this.#add(next);
  }

  #look(observed: ObservedPromise): void {
    guard(this.#place, () => {
      const { promise } = observed;
      const state = inspect(promise, BRIEFLY).slice(0, 200);
      if (/\{\s*<pending>/.test(state)) return;
      this.#observed.delete(observed);
      observed.settled(/\{\s*<rejected>/.test(state) ? rejectionOf(promise) : undefined);
    });
  }
}

/** Only the library holds an `async` function's promises; the application may handle others. */
function makesItsPromises(handler: AnyFunction): boolean {
  // Bound functions have their target's prototype.
  return !isProxy(handler) && Object.getPrototypeOf(handler) === ASYNC_FUNCTION;
}

/**
 * Parses `Promise { <rejected> TypeError [ERR_X]: no such thing\n at … { code: 'ERR_X' } }`, or `MyError [Error]: …`.
 */
function rejectionOf(promise: Promise<unknown>): Rejection {
  const text = inspect(promise, FULLY).slice(0, 4_096);
  const from = text.indexOf('<rejected> ') + '<rejected> '.length;
  const [head = '', stack] = text.slice(from).split(/\n\s+at /, 2);
  const found = stack === undefined ? null : /^([A-Za-z_$][\w$]*)(?: \[(\w+)\])?(?:: ([^]*))?$/.exec(head);
  if (!found) return { message: 'the promise of the handler was rejected', type: '_OTHER' };
  const [, name, inBrackets, message = ''] = found;
  const code = /\bcode: '(\w+)'/.exec(text)?.[1] ?? (/^[A-Z0-9_]+$/.test(inBrackets ?? '') ? inBrackets : undefined);
  return { message, type: code ?? name! };
}
