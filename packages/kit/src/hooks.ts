import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { report } from './guard.ts';
import { log } from './log.ts';
import { onBuiltinLoad, onModuleLoad, onPackageLoad, packageName, type LoadedModule } from './module-hook.ts';
import { inRange } from './version-range.ts';

type AnyFunction = (this: any, ...args: any[]) => any;

/** A method that upstream's instrumentation wrapped with shimmer carries this mark. */
const SHIMMER_MARKS: readonly PropertyKey[] = ['__wrapped', '__original', '__unwrap'];

/** A package that has loaded has this long, in ms, to load one of the files that its adapter waits for. */
const FILES_WITHIN_MS = 5_000;

function hasShimmerMark(fn: unknown): boolean {
  return typeof fn === 'function' && Object.hasOwn(fn, '__wrapped') && Object.hasOwn(fn, '__original');
}

/**
 * The three ways an adapter may attach itself to a library, in the order of preference of the
 * design: a native diagnostics channel, a library's own event (attach with {@link onUndo}), a patch.
 * Everything attached is detached again by {@link undo}.
 */
export class Hooks {
  readonly #library: string;
  readonly #versions: string;
  readonly #isTransitive: boolean;
  readonly #undo: (() => void)[] = [];
  readonly #refused = new Set<string>();
  /** Packages of the library: whether one of the files waited for has loaded. */
  readonly #found = new Map<string, boolean>();
  readonly #wrapped: { owner: any; name: PropertyKey; original: unknown }[] = [];
  #active = true;

  /**
   * @param library npm name of the library, for messages
   * @param versions the adapter's range, e.g. `>=8.0.3 <9`
   * @param isTransitive nothing is said of a version out of range, see `Adapter`
   */
  constructor(library: string, versions: string, isTransitive = false) {
    this.#library = library;
    this.#versions = versions;
    this.#isTransitive = isTransitive;
  }

  /** False once undone: a wrapper that could not be taken out (someone wrapped it again) asks this and passes through. */
  get active(): boolean {
    return this.#active;
  }

  /**
   * Runs `attach` when a file of the library has loaded, or at once if it has. A version outside the
   * adapter's range is left alone, and said; so is a version in range that loads without any of the files waited for.
   *
   * @param path file inside its package: `pg/lib/client.js`
   * @param options.bindings ES modules: the names that `loaded.rebind` may replace
   * @param options.versions range of the package the file is in, when it is not the library's own (`pg-pool` of `pg`)
   */
  onLoad(
    path: string,
    attach: (loaded: LoadedModule) => void,
    options: { bindings?: readonly string[]; versions?: string } = {},
  ): void {
    const range = options.versions ?? this.#versions;
    const name = packageName(path);
    const stop = onModuleLoad(path, options.bindings ?? [], (loaded) => {
      this.#found.set(name, true);
      if (inRange(loaded.version, range)) return attach(loaded);
      // Once, however many files of it are waited for.
      const refused = `${name} ${loaded.version}`;
      if (this.#refused.has(refused)) return;
      this.#refused.add(refused);
      if (this.#isTransitive) return;
      log('warn', `foreshock: ${refused} is outside the supported range ${range}, left untraced`);
    });
    this.#undo.push(stop);
    // Of another package a library may need one version, or nothing at all.
    if (options.versions === undefined && !this.#found.has(name)) this.#expectFile(name);
  }

  /** A release that moves a file must not end its tracing without a word. */
  #expectFile(name: string): void {
    this.#found.set(name, false);
    const stop = onPackageLoad(name, ({ version }) => {
      if (!inRange(version, this.#versions)) return;
      const late = setTimeout(() => {
        if (!this.#active || this.#found.get(name)) return;
        log(
          'warn',
          `foreshock: ${name} ${version} has loaded, but none of the files that its instrumentation waits for: it stays untraced`,
        );
      }, FILES_WITHIN_MS);
      late.unref();
    });
    this.#undo.push(stop);
  }

  /** Runs `attach` with a built-in module once the application loads it, or at once if it has. */
  onBuiltin(name: string, attach: (exports: any) => void): void {
    this.#undo.push(onBuiltinLoad(name, attach));
  }

  /** Listens to a diagnostics channel; what the listener throws is ours to report. */
  onChannel<M>(channel: string, listener: (message: M) => void): void {
    const guarded = (message: unknown): void => {
      try {
        listener(message as M);
      } catch (error) {
        report(`${this.#library} channel ${channel}`, error);
      }
    };
    subscribe(channel, guarded);
    this.#undo.push(() => unsubscribe(channel, guarded));
  }

  /**
   * Replaces a method in place. The wrapper keeps the original's name, length and own properties; it
   * must call the original exactly once and return its value itself, never a derived one.
   */
  wrap<T extends object>(
    owner: T,
    name: keyof T & (string | symbol),
    wrapper: (original: AnyFunction) => AnyFunction,
  ): void {
    const original = owner[name] as AnyFunction | undefined;
    if (typeof original !== 'function') {
      log('warn', `foreshock: ${this.#library} has no method ${String(name)}, its part stays untraced`);
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
        report(`detaching from ${this.#library}`, error);
      }
    }
    this.#wrapped.length = 0;
  }
}
