import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { detachedTimeout } from './detached-timer.ts';
import { report } from './guard.ts';
import { log } from './log.ts';
import { MethodHooks } from './method-hooks.ts';
import { onBuiltinLoad, onModuleLoad, onPackageLoad, packageName, type LoadedModule } from './module-hook.ts';
import { inRange } from './version-range.ts';

/** Time, in ms, for a loaded package to load a file its adapter needs. */
const FILES_WITHIN_MS = 5_000;

/**
 * Attaches an adapter by, in order of preference: a diagnostics channel, a library's own event ({@link onUndo}), a
 * patch. {@link undo} detaches all.
 */
export class Hooks extends MethodHooks {
  readonly #versions: string;
  readonly #isTransitive: boolean;
  readonly #refused = new Set<string>();
  /** Per package: whether a required file has loaded. */
  readonly #found = new Map<string, boolean>();

  /**
   * @param library npm name, for messages
   * @param versions the adapter's range, e.g. `>=8.0.3 <9`
   * @param isTransitive no warning for a version out of range, see `Adapter`
   */
  constructor(library: string, versions: string, isTransitive = false) {
    super(library);
    this.#versions = versions;
    this.#isTransitive = isTransitive;
  }

  /**
   * Runs `attach` when a file has loaded, at once if it has. Logs a version out of range (not attached), or one in
   * range that loads none of the files.
   *
   * @param path file inside its package: `pg/lib/client.js`
   * @param options.bindings ES modules: names that `loaded.rebind` may replace
   * @param options.versions range of another package with the file (`pg-pool` of `pg`)
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
      // Logged once per version, not per file.
      const refused = `${name} ${loaded.version}`;
      if (this.#refused.has(refused)) return;
      this.#refused.add(refused);
      if (this.#isTransitive) return;
      log('warn', `foreshock: ${refused} is outside the supported range ${range}, left untraced`);
    });
    this.onUndo(stop);
    // Other packages of a library are optional.
    if (options.versions === undefined && !this.#found.has(name)) this.#expectFile(name);
  }

  /** Warns when a release has moved the file. */
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

  /** Runs `attach` once the application loads a built-in module, at once if it has. */
  onBuiltin(name: string, attach: (exports: any) => void): void {
    this.onUndo(onBuiltinLoad(name, attach));
  }

  /** Subscribes to a diagnostics channel; errors of the listener are reported. */
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
