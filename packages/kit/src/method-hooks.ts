import { bindOnce, detached, type Run } from './caller.ts';
import { report } from './guard.ts';
import { log } from './log.ts';
import {
  followed,
  moved,
  observed,
  preceded,
  returning,
  type AnyFunction,
  type MethodCalls,
} from './observed-method.ts';
import { restoreUnused } from './replaced-function.ts';

/** Of upstream's shimmer. */
const SHIMMER_MARKS: readonly PropertyKey[] = ['__wrapped', '__original', '__unwrap'];

/** Not enumerable: pm2 assigns marks of the same names to `http.Server.prototype.emit`, for its metrics. */
function hasShimmerMark(fn: unknown): boolean {
  if (typeof fn !== 'function' || !Object.hasOwn(fn, '__original')) return false;
  return Object.getOwnPropertyDescriptor(fn, '__wrapped')?.enumerable === false;
}

/** In no trace; callbacks in the caller's context. */
const detachedWork: Run = (fn, self, args) =>
  detached(
    fn,
    self,
    args.map((arg) => (typeof arg === 'function' ? bindOnce(arg as AnyFunction) : arg)) as typeof args,
  );

export class MethodHooks {
  protected readonly library: string;
  readonly #undo: (() => void)[] = [];
  readonly #wrapped: { owner: any; name: PropertyKey; original: unknown }[] = [];
  #active = true;

  constructor(library: string) {
    this.library = library;
  }

  /** False once undone: a wrapper that stays then passes through. */
  get active(): boolean {
    return this.#active;
  }

  /** Where {@link calls} and others do not fit or cost too much. The wrapper calls the original once. */
  wrap<T extends object>(
    owner: T,
    name: keyof T & (string | symbol),
    wrapper: (original: AnyFunction) => AnyFunction,
  ): void {
    const original = owner[name] as AnyFunction | undefined;
    if (typeof original !== 'function') {
      log('warn', `foreshock: ${this.library} has no method ${String(name)}, its part stays untraced`);
      return;
    }
    const replacement = wrapper(original);
    for (const key of Reflect.ownKeys(original)) {
      if (key === 'prototype' || key === 'arguments' || key === 'caller' || SHIMMER_MARKS.includes(key)) continue;
      Object.defineProperty(replacement, key, Object.getOwnPropertyDescriptor(original, key)!);
    }
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, {
      configurable: true,
      enumerable: descriptor?.enumerable ?? false,
      writable: true,
      value: replacement,
    });
    this.#wrapped.push({ owner, name, original });
    const restore = (): void => {
      // It would remove later wrappers, too.
      if (owner[name] !== (replacement as unknown)) return;
      if (descriptor) Object.defineProperty(owner, name, descriptor);
      else delete owner[name];
    };
    this.#undo.push(() => restoreUnused(replacement, restore));
  }

  /** Calls `before`, which may change the arguments, first. */
  before<T extends object>(owner: T, name: keyof T & (string | symbol), before: (self: any, args: any) => void): void {
    this.wrap(owner, name, (original) => preceded(original, before, this.#place(name), this));
  }

  after<T extends object>(
    owner: T,
    name: keyof T & (string | symbol),
    after: (result: any, self: any, args: any) => void,
  ): void {
    this.wrap(owner, name, (original) => followed(original, after, this.#place(name), this));
  }

  /** A method returns what `change` makes. */
  returning<T extends object>(
    owner: T,
    name: keyof T & (string | symbol),
    change: (result: any, self: any, args: any) => unknown,
  ): void {
    this.wrap(owner, name, (original) => returning(original, change, this.#place(name), this));
  }

  /** See {@link MethodCalls}. */
  calls<T extends object, C>(owner: T, name: keyof T & (string | symbol), steps: MethodCalls<C>): void {
    this.wrap(owner, name, (original) => observed(original, steps, this.#place(name), this));
  }

  runBy<T extends object>(owner: T, name: keyof T & (string | symbol), run: Run): void {
    this.wrap(owner, name, (original) => moved(original, run, this));
  }

  /** What methods open outlives the call: it runs in no trace, callbacks in the caller's context. */
  detach<T extends object>(owner: T, name: keyof T & (string | symbol)): void {
    this.runBy(owner, name, detachedWork);
  }

  #place(name: PropertyKey): string {
    return `${this.library} ${typeof name === 'symbol' ? name.description : String(name)}`;
  }

  /** Other cleanup, as removing a library's listener. */
  onUndo(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Whether upstream wrapped the same method, before or after. */
  get wrappedByUpstream(): boolean {
    return this.#wrapped.some(({ owner, name, original }) => hasShimmerMark(owner[name]) || hasShimmerMark(original));
  }

  /** Newest first. */
  undo(): void {
    this.#active = false;
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        undo();
      } catch (error) {
        report(`detaching from ${this.library}`, error);
      }
    }
    this.#wrapped.length = 0;
  }
}
