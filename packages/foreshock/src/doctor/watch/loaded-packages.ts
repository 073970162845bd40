import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { hasSoundHooks } from '@foreshock/kit/module-hook';

const MODULES = '/node_modules/';
const MOST = 5_000;

/** Folders of packages that the thread loaded, by `require` or `import`. */
export class LoadedPackages {
  readonly #folders = new Set<string>();
  #files = 0;

  /** ES modules only from now. */
  watch(): void {
    const { registerHooks } = nodeModule as { registerHooks?: (hooks: object) => void };
    if (!hasSoundHooks() || !registerHooks) return;
    registerHooks({
      load: (url: string, context: unknown, nextLoad: (url: string, context: unknown) => unknown) => {
        if (url.startsWith('file:') && url.includes(MODULES)) this.#add(fileURLToPath(url));
        return nextLoad(url, context);
      },
    });
  }

  list(): string[] {
    const files = Object.keys((nodeModule.Module as unknown as { _cache: object })._cache);
    if (files.length !== this.#files) for (const file of files) this.#add(file);
    this.#files = files.length;
    return [...this.#folders];
  }

  #add(file: string): void {
    const path = file.replaceAll('\\', '/');
    const at = path.lastIndexOf(MODULES);
    if (at < 0 || this.#folders.size >= MOST) return;
    const inside = path.slice(at + MODULES.length).split('/');
    const name = inside.slice(0, inside[0]!.startsWith('@') ? 2 : 1).join('/');
    this.#folders.add(path.slice(0, at + MODULES.length) + name);
  }
}
