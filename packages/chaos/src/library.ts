import { guard, type Hooks, type LoadedModule } from '@foreshock/kit';

/** A moved file cannot be hit, so it needs no log line. */
const ANY = { versions: '>=0.0.0 <1000' };

/**
 * Runs `attach` after all other hooks of a library's file: a fault is outside a pool's instrumentation and inside a
 * handler's span, regardless of the preload order.
 */
export function onLibrary(hooks: Hooks, path: string, attach: (loaded: LoadedModule) => void): void {
  hooks.onLoad(path, (loaded) => process.nextTick(() => guard(`chaos ${path}`, () => attach(loaded))), ANY);
}
