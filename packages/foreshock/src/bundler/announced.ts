import { basename } from 'node:path';
import { BUNDLED, packageName, rebindText, withLiveBindings } from '@foreshock/kit/module-hook';

/** Statements that only ES modules have; not of a minified file. */
const MODULE_SYNTAX = /^\s*(?:import|export)\b\s*[\w{*'"$]/m;

export interface HookedFile {
  /** Inside its package: `pg/lib/client.js`. */
  readonly path: string;
  readonly version: string;
  readonly bindings: readonly string[];
  /** By its package.json. */
  readonly isOfModules: boolean;
}

/**
 * A library's file that tells the preload when it has run, as if Node had loaded it. Without the preload it does nothing.
 */
export function announced(source: string, { path, version, bindings, isOfModules }: HookedFile): string {
  const call = `globalThis[Symbol.for(${JSON.stringify(BUNDLED)})]?.`;
  // Copies of other versions have folders of their own.
  const name = packageName(path);
  const filename = `${name}@${version}${path.slice(name.length)}`;
  const told = [path, version, filename].map((text) => JSON.stringify(text)).join(', ');
  const isModule = path.endsWith('.mjs') || (!path.endsWith('.cjs') && (isOfModules || MODULE_SYNTAX.test(source)));
  if (!isModule) {
    return `${source}\n;${call}(${told}, module.exports, { replaceExports: (replace) => { module.exports = replace(module.exports); } });\n`;
  }
  const self = JSON.stringify(`./${basename(path)}`);
  return (
    `${withLiveBindings(source, bindings)}\n;import * as __foreshockSelf from ${self};` +
    ` ${call}(${told}, __foreshockSelf, { rebind: ${rebindText(bindings)} });\n`
  );
}
