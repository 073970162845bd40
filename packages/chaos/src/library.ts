import { guard, type Hooks, type LoadedModule } from '@foreshock/kit';

/** A file that has moved is no reason for a line: only what is there can be hit. */
const ANY = { versions: '>=0.0.0 <1000' };

/**
 * Runs `attach` when a file of a library has loaded and everybody else has wrapped it: a fault is around what a pool is
 * seen to do, and inside the span of a handler, whichever preload comes first.
 */
export function onLibrary(hooks: Hooks, path: string, attach: (loaded: LoadedModule) => void): void {
  hooks.onLoad(path, (loaded) => process.nextTick(() => guard(`chaos ${path}`, () => attach(loaded))), ANY);
}
