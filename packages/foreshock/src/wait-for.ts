import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Module } from 'node:module';
import { hasSoundHooks, onBuiltinLoad, onPackageLoad, packageName, packagePath } from '@foreshock/kit/module-hook';

type Listener = (message: unknown, name: string | symbol) => void;

/** Signs of something to trace, collected from the boundaries by build.mjs. */
export interface WaitedFor {
  readonly packages: readonly string[];
  /** Names without `node:`. */
  readonly builtins: readonly string[];
  readonly channels: readonly string[];
}

/**
 * Calls `then` once when a package or built-in module loads or a channel has a message, which waits begun in `then`
 * also get.
 *
 * @param loaded from {@link loadedPackages}
 * @param then must not throw
 * @returns stops waiting
 */
export function waitFor(waited: WaitedFor, loaded: ReadonlySet<string>, then: () => void): () => void {
  const stops: (() => void)[] = [];
  let isOver = false;
  let published: string | undefined;
  const stop = (): void => {
    isOver = true;
    for (const each of stops) each();
  };
  const over = (): void => {
    if (isOver) return;
    stop();
    then();
  };

  // Without sound hooks loads are not detected.
  if (!hasSoundHooks() || waited.packages.some((name) => loaded.has(name))) {
    over();
    return stop;
  }
  for (const name of waited.packages) stops.push(onPackageLoad(name, over));
  for (const name of waited.channels) {
    const listener: Listener = (message) => {
      if (isOver) return;
      published = name;
      passOn(name, message, over);
    };
    subscribe(name, listener);
    const unheard = (): unknown => unsubscribe(name, listener);
    // Unsubscribing during publish skips another.
    stops.push(() => void (published === name ? queueMicrotask(unheard) : unheard()));
  }
  for (const name of waited.builtins) stops.push(onBuiltinLoad(name, over));
  if (isOver) stop();
  return stop;
}

/** By another preload, or before a late start. */
export function loadedPackages(): ReadonlySet<string> {
  const found = new Set<string>();
  for (const file of Object.keys((Module as unknown as { _cache: object })._cache)) {
    const path = packagePath(file);
    if (path !== undefined) found.add(packageName(path));
  }
  return found;
}

/** Some Node versions deliver it to subscribers added during `publish` (lib/diagnostics_channel.js). */
function passOn(name: string, message: unknown, then: () => void): void {
  const added: Listener[] = [];
  const own = channel(name);
  const before = Object.getOwnPropertyDescriptor(own, 'subscribe');
  own.subscribe = (listener) => {
    added.push(listener);
    Object.getPrototypeOf(own).subscribe.call(own, listener);
  };
  try {
    then();
  } finally {
    if (before) Object.defineProperty(own, 'subscribe', before);
    else delete (own as Partial<typeof own>).subscribe;
  }
  if (!isGivenToAdded()) for (const listener of added) listener(message, name);
}

function isGivenToAdded(): boolean {
  const own = channel('foreshock:added');
  let isGiven = false;
  const second = (): void => void (isGiven = true);
  const first = (): void => own.subscribe(second);
  own.subscribe(first);
  own.publish({});
  own.unsubscribe(first);
  own.unsubscribe(second);
  return isGiven;
}
