import { guard, type Hooks, type LoadedModule } from '@foreshock/kit';

/** A moved file needs no log line. */
const ANY = { versions: '>=0.0.0 <1000' };

/** Attaches after a file's other hooks: outside a pool's instrumentation, inside a handler's span. */
export function onLibrary(hooks: Hooks, path: string, attach: (loaded: LoadedModule) => void): void {
  hooks.onLoad(path, (loaded) => process.nextTick(() => guard(`chaos ${path}`, () => attach(loaded))), ANY);
}
