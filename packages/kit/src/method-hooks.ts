import { bindOnce, detached, type Run } from './caller.ts';
import { report } from './guard.ts';
import { log } from './log.ts';
import { followed, moved, observed, preceded, type AnyFunction, type MethodCalls } from './observed-method.ts';

/** A method that upstream's instrumentation wrapped with shimmer carries this mark. */
const SHIMMER_MARKS: readonly PropertyKey[] = ['__wrapped', '__original', '__unwrap'];

function hasShimmerMark(fn: unknown): boolean {
  return typeof fn === 'function' && Object.hasOwn(fn, '__wrapped') && Object.hasOwn(fn, '__original');
}

/** What a connection is opened by, or a loop started: callbacks, which tell once that it is there, run where its caller is. */
const detachedWork: Run = (fn, self, args) =>
  detached(
    fn,
    self,
    args.map((arg) => (typeof arg === 'function' ? bindOnce(arg as AnyFunction) : arg)) as typeof args,
  );

/** Methods of a library that are wrapped in place, and put back by {@link undo}. */
export class MethodHooks {
  protected readonly library: string;
  readonly #undo: (() => void)[] = [];
  readonly #wrapped: { owner: any; name: PropertyKey; original: unknown }[] = [];
  #active = true;

  /** @param library npm name of the library, for messages */
  constructor(library: string) {
    this.library = library;
  }

  /** False once undone: a wrapper that could not be taken out (someone wrapped it again) asks this and passes through. */
  get active(): boolean {
    return this.#active;
  }

  /**
   * Replaces a method in place, where {@link calls} and its like do not fit or cost too much. The wrapper keeps the
   * original's name, length and own properties; it must call the original exactly once and return its value itself,
   * never a derived one.
   */
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
    this.#undo.push(() => {
      // Somebody wrapped it after us: taking ours out would take theirs out too. `active` mutes ours.
      if (owner[name] !== (replacement as unknown)) return;
      if (descriptor) Object.defineProperty(owner, name, descriptor);
      else delete owner[name];
    });
  }

  /** Calls `before` ahead of a method, with its `this` and arguments; what is changed in the arguments is what the method gets. */
  before<T extends object>(owner: T, name: keyof T & (string | symbol), before: (self: any, args: any) => void): void {
    this.wrap(owner, name, (original) => preceded(original, before, this.#place(name), this));
  }

  /** Calls `after` when a method has returned, with its result, `this` and arguments. */
  after<T extends object>(
    owner: T,
    name: keyof T & (string | symbol),
    after: (result: any, self: any, args: any) => void,
  ): void {
    this.wrap(owner, name, (original) => followed(original, after, this.#place(name), this));
  }

  /** Observes the calls of a method from beginning to end, see {@link MethodCalls}. */
  calls<T extends object, C>(owner: T, name: keyof T & (string | symbol), steps: MethodCalls<C>): void {
    this.wrap(owner, name, (original) => observed(original, steps, this.#place(name), this));
  }

  /** Has a method run by `run`, in some other context than its caller's. */
  runBy<T extends object>(owner: T, name: keyof T & (string | symbol), run: Run): void {
    this.wrap(owner, name, (original) => moved(original, run, this));
  }

  /** Has a method run in no trace, as it opens what outlives the call; callbacks run where its caller is. */
  detach<T extends object>(owner: T, name: keyof T & (string | symbol)): void {
    this.runBy(owner, name, detachedWork);
  }

  /** For messages. */
  #place(name: PropertyKey): string {
    return `${this.library} ${String(name)}`;
  }

  /** Undone together with the rest: for what no method here covers, such as a listener on a library's emitter. */
  onUndo(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Whether upstream's instrumentation wrapped a method that this adapter wrapped, before or after it. */
  get wrappedByUpstream(): boolean {
    return this.#wrapped.some(({ owner, name, original }) => hasShimmerMark(owner[name]) || hasShimmerMark(original));
  }

  /** Detaches everything, newest first. */
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
