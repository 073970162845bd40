import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { detachedTimeout } from './detached-timer.ts';
import { report } from './guard.ts';
import { log } from './log.ts';
import { MethodHooks } from './method-hooks.ts';
import { onBuiltinLoad, onModuleLoad, onPackageLoad, packageName, type LoadedModule } from './module-hook.ts';
import { restoreUnused } from './replaced-function.ts';
import { inRange } from './version-range.ts';
import { watcher } from './watcher.ts';

/** A package must load a file its adapter needs within this, ms. */
const FILES_WITHIN_MS = 5_000;

/** Attaches by, in this order: diagnostics channel, library event ({@link onUndo}), patch. */
export class Hooks extends MethodHooks {
  readonly #versions: string;
  readonly #isTransitive: boolean;
  readonly #refused = new Set<string>();
  readonly #found = new Map<string, boolean>();

  /**
   * @param versions the adapter's range, e.g. `>=8.0.3 <9`
   * @param isTransitive see `Adapter`
   */
  constructor(library: string, versions: string, isTransitive = false) {
    super(library);
    this.#versions = versions;
    this.#isTransitive = isTransitive;
  }

  /**
   * Runs `attach` once a file has loaded. Logs a version out of range, or without it.
   *
   * @param path inside its package: `pg/lib/client.js`
   * @param options.bindings ES modules: names for `loaded.rebind`
   * @param options.versions of another package
   */
  onLoad(
    path: string,
    attach: (loaded: LoadedModule) => void,
    options: { bindings?: readonly string[]; versions?: string } = {},
  ): void {
    const range = options.versions ?? this.#versions;
    const name = packageName(path);
    watcher()?.waitsForFile(this.library);
    const stop = onModuleLoad(path, options.bindings ?? [], (loaded) => {
      this.#found.set(name, true);
      const isInRange = inRange(loaded.version, range);
      watcher()?.loaded(this.library, name, loaded.version, isInRange);
      if (isInRange) return attach({ ...loaded, ...this.#undoableRebind(loaded), ...this.#undoableExports(loaded) });
      // Per version, not file.
      const refused = `${name} ${loaded.version}`;
      if (this.#refused.has(refused)) return;
      this.#refused.add(refused);
      if (this.#isTransitive) return;
      log('warn', `foreshock: ${refused} is outside the supported range ${range}, left untraced`);
    });
    this.onUndo(stop);
    // Other packages are optional.
    if (options.versions === undefined && !this.#found.has(name)) this.#expectFile(name);
  }

  /**
   * For a module that is one function: the ES module's `binding`, or the CommonJS exports. Importers hold the
   * replacement: see `replacementOf`.
   */
  onFunctionLoad(path: string, binding: string, replace: (original: any) => unknown): void {
    this.onLoad(path, ({ rebind, replaceExports }) => (rebind ? rebind(binding, replace) : replaceExports?.(replace)), {
      bindings: [binding],
    });
  }

  /** Gets its original back, unless rebound since. */
  #undoableRebind({ rebind }: LoadedModule): Pick<LoadedModule, 'rebind'> {
    if (!rebind) return {};
    return {
      rebind: (binding, replace) =>
        rebind(binding, (original) => {
          const replacement: unknown = replace(original);
          const restore = (): void => rebind(binding, (current) => (current === replacement ? original : current));
          this.onUndo(() => restoreUnused(replacement, restore));
          return replacement;
        }),
    };
  }

  /** Gets its original back, unless replaced since. */
  #undoableExports({ replaceExports }: LoadedModule): Pick<LoadedModule, 'replaceExports'> {
    if (!replaceExports) return {};
    return {
      // Keeps what another agent has put there since the load.
      replaceExports: (replace) =>
        replaceExports((original) => {
          const replacement: unknown = replace(original);
          const restore = (): void => replaceExports((current) => (current === replacement ? original : current));
          this.onUndo(() => restoreUnused(replacement, restore));
          return replacement;
        }),
    };
  }

  /** Releases may move it. */
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

  /** Attaches once the application has loaded a built-in. */
  onBuiltin(name: string, attach: (exports: any) => void): void {
    this.onUndo(onBuiltinLoad(name, attach));
  }

  /** Reports the listener's errors. */
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
