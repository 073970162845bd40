import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { log } from './log.ts';
import { report } from './guard.ts';
import { localName, rebindText, withLiveBindings } from './live-bindings.ts';
import { loadedFiles } from './loaded-files.ts';
import { inRange } from './version-range.ts';

export interface LoadedModule {
  exports: any;
  /** From package.json; default `0.0.0`. */
  version: string;
  filename: string;
  /** ES modules: replaces a top-level function, class, `let`, or `const` at a line's start, for all importers. */
  rebind?: (binding: string, replace: (original: any) => any) => void;
  /** CommonJS: replaces a module that is a function, for later importers. Earlier ones: see `replacementOf`. */
  replaceExports?: (replace: (exports: any) => unknown) => void;
}

interface Target {
  bindings: Set<string>;
  listeners: Set<(loaded: LoadedModule) => void>;
  /** For later listeners: no cache lists ES modules. */
  evaluated: LoadedModule[];
}

/** A package's first loaded file, except JSON. */
export interface LoadedPackage {
  name: string;
  version: string;
}

interface HookState {
  targets: Map<string, Target>;
  packages: Map<string, Set<(loaded: LoadedPackage) => void>>;
  /** For later listeners, by path: no cache lists what a bundle has. */
  bundled: Map<string, LoadedModule[]>;
  found: boolean;
  /** Of the application, outside of packages. */
  hasOwnFiles: boolean;
  /** Keys without `node:`. */
  builtins: Map<string, Set<(exports: any) => void>>;
  installed: boolean;
}

const STATE = Symbol.for('foreshock.module-hook');
/** Called by the files in bundles made with `foreshock/bundler`; `Symbol.for` this. */
export const BUNDLED = 'foreshock.bundled';
const MODULES = '/node_modules/';
const BUILTIN = 'node:';

// Process-wide: shared by preload and imported copy.
const state: HookState = ((globalThis as any)[STATE] ??= {
  targets: new Map(),
  packages: new Map(),
  bundled: new Map(),
  found: false,
  hasOwnFiles: false,
  builtins: new Map(),
  installed: false,
});

/** `/app/node_modules/pg/lib/client.js` → `pg/lib/client.js`; also pnpm, nested installs and aliases. */
export function packagePath(filename: string): string | undefined {
  const path = filename.includes('\\') ? filename.replaceAll('\\', '/') : filename;
  const at = path.lastIndexOf(MODULES);
  if (at < 0) return undefined;
  const inside = path.slice(at + MODULES.length);
  const folder = packageName(inside);
  const name = ALIAS.exec(folder)?.[1];
  if (name === undefined || !isWaitedFor(name)) return inside;
  const root = path.slice(0, at + MODULES.length) + folder;
  let isAlias = aliases.get(root);
  if (isAlias === undefined) aliases.set(root, (isAlias = packageJson(filename).name === name));
  return isAlias ? name + inside.slice(folder.length) : inside;
}

const aliases = new Map<string, boolean>();

/** Usual npm aliases: `p-limit3`, `express-4`, `pg-v8`. */
const ALIAS = /^(.+?)[-_.]?v?\d[\w.-]*$/;

function isWaitedFor(name: string): boolean {
  if (state.packages.has(name)) return true;
  for (const path of state.targets.keys()) if (packageName(path) === name) return true;
  return false;
}

/** `pg/lib/client.js` → `pg`, `@redis/client/dist/index.js` → `@redis/client`. */
export function packageName(path: string): string {
  const end = path.indexOf('/', path.startsWith('@') ? path.indexOf('/') + 1 : 0);
  return end < 0 ? path : path.slice(0, end);
}

function packageJson(file: string): { name?: string; version?: string } {
  try {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    const inside = path.replaceAll('\\', '/').lastIndexOf(MODULES) + MODULES.length;
    const root = path.slice(0, inside) + packageName(path.slice(inside).replaceAll('\\', '/'));
    return JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  } catch {
    return {};
  }
}

function packageVersion(filename: string): string {
  return packageJson(filename).version ?? '0.0.0';
}

function announcePackage(path: string, filename: string, version?: string): void {
  if (path.endsWith('.json')) return;
  const name = packageName(path);
  const listeners = state.packages.get(name);
  if (!listeners) return;
  const loaded = { name, version: version ?? packageVersion(filename) };
  // Also those that one adds.
  for (const listener of listeners) {
    listeners.delete(listener);
    try {
      listener(loaded);
    } catch (error) {
      report(`package ${name}`, error);
    }
  }
  state.packages.delete(name);
}

function announce(
  path: string,
  filename: string,
  exports: unknown,
  change: Pick<LoadedModule, 'rebind' | 'replaceExports'>,
): void {
  const target = state.targets.get(path);
  if (!target) return;
  const loaded = { exports, version: packageVersion(filename), filename, ...change };
  if (change.rebind) target.evaluated.push(loaded);
  tell(path, target, loaded);
}

function tell(path: string, target: Target, loaded: LoadedModule): void {
  state.found = true;
  for (const listener of target.listeners) {
    try {
      listener(loaded);
    } catch (error) {
      report(`hooking ${path}`, error);
    }
  }
}

/** As if Node had loaded it: its package's first file makes its boundary add listeners. */
function announceBundled(
  path: string,
  version: string,
  filename: string,
  exports: unknown,
  change: Pick<LoadedModule, 'rebind' | 'replaceExports'>,
): void {
  const loaded = { exports, version, filename, ...change };
  if (state.packages.size > 0) announcePackage(path, filename, version);
  const target = state.targets.get(path);
  if (target) tell(path, target, loaded);
  const same = state.bundled.get(path);
  if (same) same.push(loaded);
  else state.bundled.set(path, [loaded]);
}

function announceBuiltin(name: string): void {
  const listeners = state.builtins.get(name);
  if (!listeners) return;
  state.builtins.delete(name);
  const exports = process.getBuiltinModule(`${BUILTIN}${name}`);
  for (const listener of listeners) {
    try {
      listener(exports);
    } catch (error) {
      report(`hooking ${BUILTIN}${name}`, error);
    }
  }
}

function replaceable(module: { exports: unknown }): Pick<LoadedModule, 'replaceExports'> {
  return { replaceExports: (replace) => void (module.exports = replace(module.exports)) };
}

/**
 * `Module.prototype.load` runs once per file, so cached `require` costs nothing. Node ≥ 22.15 uses it for `import`,
 * too, unless a loader hook supplies the source.
 */
function hookCommonJs(): void {
  const Module = nodeModule.Module as any;
  const load = Module.prototype.load;
  Module.prototype.load = function (this: LoadingModule, filename: string) {
    const path = typeof filename === 'string' ? packagePath(filename) : undefined;
    if (path !== undefined && state.packages.size > 0) announcePackage(path, filename);
    const target = path ?? filename;
    if (!state.targets.has(target)) return load.apply(this, arguments);
    let announced = false;
    const evaluated = (): void => {
      // A `require`d ES module's appended line announced it.
      if (announced || types.isModuleNamespaceObject(this.exports)) return;
      announced = true;
      announce(target, filename, this.exports, replaceable(this));
    };
    // Node 22 copies exports for `import` before `load` ends.
    this._compile = function (this: LoadingModule, ...args: unknown[]) {
      delete this._compile;
      const result = this._compile!(...args);
      evaluated();
      return result;
    };
    const result = load.apply(this, arguments);
    evaluated();
    return result;
  };
}

interface LoadingModule {
  exports: unknown;
  /** Own only for {@link hookCommonJs}. */
  _compile?: (...args: unknown[]) => unknown;
}

/**
 * Before these versions a synchronous `load` hook makes `import` of CommonJS skip `Module.prototype.load`, and
 * `require` of an ES module under `--import` throw ERR_VM_MODULE_LINK_FAILURE.
 */
export function hasSoundHooks(): boolean {
  return (areHooksSound ??= judgeHooks());
}

let areHooksSound: boolean | undefined;

function judgeHooks(): boolean {
  const { node } = process.versions;
  return inRange(node, '>=22.22.3 <23') || inRange(node, '>=24.11.1 <25') || inRange(node, '>=26.0.0 <1000');
}

/** Namespaces are immutable: a line appended to listed files passes namespace and bindings. */
function hookEsm(): void {
  if (!hasSoundHooks()) {
    log(
      'warn',
      `foreshock: Node.js ${process.versions.node} has no sound module hooks (22.22.3 and 24.11.1 have), libraries published as ES modules stay untraced`,
    );
    return;
  }
  const { registerHooks } = nodeModule as unknown as { registerHooks: (hooks: object) => void };
  registerHooks({
    load(url: string, context: unknown, nextLoad: (url: string, context: unknown) => any) {
      const result = nextLoad(url, context);
      if (url.startsWith(BUILTIN)) announceBuiltin(url.slice(BUILTIN.length));
      if (result.format !== 'module' || result.source == null) return result;
      if (!url.includes(MODULES))
        return state.hasOwnFiles && url.startsWith('file:') ? withOwnFile(url, result) : result;
      const path = packagePath(url);
      if (path !== undefined && state.packages.size > 0) announcePackage(path, fileURLToPath(url));
      const target = path === undefined ? undefined : state.targets.get(path);
      if (!path || !target) return result;
      const source = typeof result.source === 'string' ? result.source : Buffer.from(result.source).toString('utf8');
      return { ...result, source: withLiveBindings(source, target.bindings) + loadedCall(url, path, target.bindings) };
    },
  });
}

function withOwnFile(url: string, result: { source: string | Uint8Array }): object {
  const path = fileURLToPath(url);
  const target = state.targets.get(path);
  if (!target) return result;
  const source = typeof result.source === 'string' ? result.source : Buffer.from(result.source).toString('utf8');
  const localOf = (name: string): string => localName(source, name);
  const live = withLiveBindings(source, Array.from(target.bindings, localOf));
  return { ...result, source: live + loadedCall(url, path, target.bindings, localOf) };
}

function loadedCall(url: string, path: string, bindings: Set<string>, localOf?: (name: string) => string): string {
  const self = JSON.stringify(url);
  return (
    `\n;import * as __foreshockSelf from ${self};` +
    ` globalThis[Symbol.for('foreshock.esm-loaded')]?.(${JSON.stringify(path)}, ${self}, __foreshockSelf,` +
    ` ${rebindText(bindings, localOf)});\n`
  );
}

function install(): void {
  if (state.installed) return;
  state.installed = true;
  (globalThis as any)[Symbol.for('foreshock.esm-loaded')] = (
    path: string,
    url: string,
    namespace: unknown,
    rebind: NonNullable<LoadedModule['rebind']>,
  ): void => announce(path, fileURLToPath(url), namespace, { rebind });
  (globalThis as any)[Symbol.for(BUNDLED)] = announceBundled;
  hookCommonJs();
  hookEsm();
}

/**
 * Calls `listener` for a file loaded in any way, also before; ES modules only with an earlier listener.
 *
 * @param path inside its package: `pg/lib/client.js`
 * @param bindings ES modules: names for `rebind`
 * @returns stops listening
 */
export function onModuleLoad(
  path: string,
  bindings: readonly string[],
  listener: (loaded: LoadedModule) => void,
): () => void {
  install();
  let target = state.targets.get(path);
  if (!target) state.targets.set(path, (target = { bindings: new Set(), listeners: new Set(), evaluated: [] }));
  for (const binding of bindings) target.bindings.add(binding);
  target.listeners.add(listener);

  const earlier = [...target.evaluated, ...(state.bundled.get(path) ?? [])];
  for (const [filename, cached] of loadedFiles(path.slice(packageName(path).length))) {
    if (packagePath(filename) !== path || types.isModuleNamespaceObject(cached.exports)) continue;
    const { exports } = cached;
    earlier.push({ exports, version: packageVersion(filename), filename, ...replaceable(cached) });
  }
  if (earlier.length > 0) state.found = true;
  for (const loaded of earlier) {
    try {
      listener(loaded);
    } catch (error) {
      report(`hooking ${path}`, error);
    }
  }
  return () => {
    target.listeners.delete(listener);
  };
}

/**
 * {@link onModuleLoad} for a file of the application, before it loads.
 *
 * @param file absolute, without symbolic links
 * @param exported for `rebind`
 */
export function onOwnFileLoad(file: string, exported: string, listener: (loaded: LoadedModule) => void): void {
  state.hasOwnFiles = true;
  onModuleLoad(file, [exported], listener);
}

/**
 * Calls `listener` once a built-in module loads; at once where Node's hooks cannot tell.
 *
 * @param name without `node:`
 * @returns stops listening
 */
export function onBuiltinLoad(name: string, listener: (exports: any) => void): () => void {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] };
  if (!hasSoundHooks() || moduleLoadList?.includes(`NativeModule ${name}`) !== false) {
    listener(process.getBuiltinModule(`${BUILTIN}${name}`));
    return () => {};
  }
  install();
  let listeners = state.builtins.get(name);
  if (!listeners) state.builtins.set(name, (listeners = new Set()));
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/**
 * Calls `listener` before a package's first file runs, unless already loaded.
 *
 * @returns stops listening
 */
export function onPackageLoad(name: string, listener: (loaded: LoadedPackage) => void): () => void {
  install();
  let listeners = state.packages.get(name);
  if (!listeners) state.packages.set(name, (listeners = new Set()));
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function hasLibraryLoaded(): boolean {
  return state.found;
}

export { rebindText, withLiveBindings } from './live-bindings.ts';
