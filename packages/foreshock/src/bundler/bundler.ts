import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLibrary, LibraryFiles } from './library-files.ts';

const NAME = 'foreshock';
const JAVASCRIPT = /[\\/]node_modules[\\/].*\.[cm]?js$/;
const PACKAGE = /^(?:@[^/]+\/)?[^./][^/]*$/;

function resolvedByNode(request: string, folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'importer.js')).resolve(request);
  } catch {
    return undefined;
  }
}

/** The used part of esbuild's `PluginBuild`. */
export interface EsbuildBuild {
  onResolve(options: { filter: RegExp }, callback: (args: any) => any): void;
  onLoad(options: { filter: RegExp; namespace?: string }, callback: (args: { path: string }) => any): void;
  resolve(path: string, options: any): Promise<any>;
}

/** The used part of esbuild's `Plugin`. */
export interface EsbuildPlugin {
  name: string;
  setup(build: EsbuildBuild): void;
}

/**
 * For esbuild: libraries in the bundle are traced as those beside it. Name it before plugins that load JavaScript.
 *
 * ```js
 * await build({ entryPoints: ['server.js'], bundle: true, platform: 'node', plugins: [esbuildPlugin()] });
 * ```
 */
export function esbuildPlugin(): EsbuildPlugin {
  return {
    name: NAME,
    setup(build) {
      const files = new LibraryFiles();
      const inside = {};
      // With `mainFields` that begin with `module`.
      build.onResolve({ filter: PACKAGE }, async ({ path, pluginData, ...options }) => {
        if (pluginData === inside || !isLibrary(path)) return undefined;
        const found = await build.resolve(path, { ...options, pluginData: inside });
        if (found.external || found.errors.length > 0 || found.namespace !== 'file') return undefined;
        const entry = files.nodesEntry(path, found.path);
        return entry === undefined ? undefined : { path: entry };
      });
      build.onLoad({ filter: JAVASCRIPT, namespace: 'file' }, ({ path }) => {
        const contents = files.announcedIn(path);
        return contents === undefined ? undefined : { contents, loader: 'js' };
      });
    },
  };
}

/** The used part of webpack's `Compiler`. */
export interface WebpackCompiler {
  options: { module: { rules: any[] }; resolve: { alias?: any } };
  hooks: any;
}

/** The used part of webpack's plugin. */
export interface WebpackPlugin {
  apply(compiler: WebpackCompiler): void;
}

/**
 * For webpack 5: libraries in the bundle are traced as those beside it.
 *
 * ```js
 * module.exports = { target: 'node', plugins: [webpackPlugin()] };
 * ```
 */
export function webpackPlugin(): WebpackPlugin {
  return {
    apply({ options, hooks }) {
      const files = new LibraryFiles();
      options.module.rules.unshift({
        test: (file: string) => files.has(file),
        enforce: 'pre',
        loader: fileURLToPath(new URL('bundler-loader.js', import.meta.url)),
      });
      hooks.normalModuleFactory.tap(NAME, (factory: any) => {
        // webpack prefers `module` to `main`. Externals go by the dependency's own request.
        factory.hooks.beforeResolve.tap(NAME, (resolving: { request: string; context: string }) => {
          if (isAliased(resolving.request, options.resolve.alias)) return;
          const resolved = isLibrary(resolving.request) && resolvedByNode(resolving.request, resolving.context);
          const entry = resolved ? files.nodesEntry(resolving.request, resolved) : undefined;
          if (entry !== undefined) resolving.request = entry;
        });
      });
    },
  };
}

/** @param alias webpack's `resolve.alias`; a name may end with `$` */
function isAliased(request: string, alias: Record<string, unknown> | readonly { name: string }[] = {}): boolean {
  const names = Array.isArray(alias) ? alias.map(({ name }) => name) : Object.keys(alias);
  return names.some((name) => name === request || name === `${request}$`);
}

/** The used part of Rollup's `Plugin`. */
export interface RollupPlugin {
  name: string;
  enforce: 'pre';
  resolveId: { order: 'pre'; handler(this: any, source: string, importer: string | undefined, options: any): any };
  transform: { order: 'pre'; handler(this: any, code: string, id: string): any };
}

/**
 * For Rollup, Rolldown, and Vite's server builds (`ssr.noExternal`): libraries in the bundle are traced as those beside it.
 *
 * ```js
 * export default { input: 'server.js', plugins: [rollupPlugin(), nodeResolve(), commonjs()] };
 * ```
 */
export function rollupPlugin(): RollupPlugin {
  const files = new LibraryFiles();
  return {
    name: NAME,
    enforce: 'pre',
    resolveId: {
      order: 'pre',
      async handler(source, importer, options) {
        if (!isLibrary(source)) return null;
        const found = await this.resolve(source, importer, { ...options, skipSelf: true });
        if (!found || found.external) return null;
        return files.nodesEntry(source, found.id) ?? null;
      },
    },
    transform: {
      order: 'pre',
      handler(code, id) {
        const announced = files.announcedIn(id, code);
        return announced === undefined ? null : { code: announced, map: null };
      },
    },
  };
}
