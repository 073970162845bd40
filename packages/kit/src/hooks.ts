import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { detachedTimeout } from './detached-timer.ts';
import { report } from './guard.ts';
import { log } from './log.ts';
import { MethodHooks } from './method-hooks.ts';
import { onBuiltinLoad, onModuleLoad, onPackageLoad, packageName, type LoadedModule } from './module-hook.ts';
import { inRange } from './version-range.ts';

/** A package that has loaded has this long, in ms, to load one of the files that its adapter waits for. */
const FILES_WITHIN_MS = 5_000;

/**
 * The three ways an adapter may attach itself to a library, in the order of preference of the
 * design: a native diagnostics channel, a library's own event (attach with {@link onUndo}), a patch.
 * Everything attached is detached again by {@link undo}.
 */
export class Hooks extends MethodHooks {
  readonly #versions: string;
  readonly #isTransitive: boolean;
  readonly #refused = new Set<string>();
  /** Packages of the library: whether one of the files waited for has loaded. */
  readonly #found = new Map<string, boolean>();

  /**
   * @param library npm name of the library, for messages
   * @param versions the adapter's range, e.g. `>=8.0.3 <9`
   * @param isTransitive nothing is said of a version out of range, see `Adapter`
   */
  constructor(library: string, versions: string, isTransitive = false) {
    super(library);
    this.#versions = versions;
    this.#isTransitive = isTransitive;
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
    this.onUndo(stop);
    // Of another package a library may need one version, or nothing at all.
    if (options.versions === undefined && !this.#found.has(name)) this.#expectFile(name);
  }

  /** A release that moves a file must not end its tracing without a word. */
  #expectFile(name: string): void {
    this.#found.set(name, false);
    const stop = onPackageLoad(name, ({ version }) => {
      if (!inRange(version, this.#versions)) return;
      const warn = (): void => {
        if (!this.active || this.#found.get(name)) return;
        log(
          'warn',
          `foreshock: ${name} ${version} has loaded, but none of the files that its instrumentation waits for: it stays untraced`,
        );
      };
      detachedTimeout(`${name} files`, warn, FILES_WITHIN_MS);
    });
    this.onUndo(stop);
  }

  /** Runs `attach` with a built-in module once the application loads it, or at once if it has. */
  onBuiltin(name: string, attach: (exports: any) => void): void {
    this.onUndo(onBuiltinLoad(name, attach));
  }

  /** Listens to a diagnostics channel; what the listener throws is ours to report. */
  onChannel<M>(channel: string, listener: (message: M) => void): void {
    const guarded = (message: unknown): void => {
      try {
        listener(message as M);
      } catch (error) {
        report(`${this.library} channel ${channel}`, error);
      }
    };
    subscribe(channel, guarded);
    this.onUndo(() => unsubscribe(channel, guarded));
  }
}
