import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Module } from 'node:module';
import { hasSoundHooks, onBuiltinLoad, onPackageLoad, packageName, packagePath } from '@foreshock/kit/module-hook';

type Listener = (message: unknown, name: string | symbol) => void;

/** What shows that there is something to trace; build.mjs asks the boundaries. */
export interface WaitedFor {
  /** npm packages. */
  readonly packages: readonly string[];
  /** Built-in modules, without `node:`. */
  readonly builtins: readonly string[];
  /** Diagnostics channels. */
  readonly channels: readonly string[];
}

/**
 * Calls `then`, once, as soon as one of the packages or built-in modules loads or a channel has a message: whoever
 * begins to wait for the same in `then` gets it too. At once where it may have happened already, or would not be seen.
 *
 * @param loaded what {@link loadedPackages} says
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

  // Without sound hooks modules load unseen.
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
    // Not while it is called: the loop over a channel's subscribers would leave one out.
    stops.push(() => void (published === name ? queueMicrotask(unheard) : unheard()));
  }
  for (const name of waited.builtins) stops.push(onBuiltinLoad(name, over));
  if (isOver) stop();
  return stop;
}

/** Packages of which files have loaded before this one: by another preload, or in a thread that has run for a while. */
export function loadedPackages(): ReadonlySet<string> {
  const found = new Set<string>();
  for (const file of Object.keys((Module as unknown as { _cache: object })._cache)) {
    const path = packagePath(file);
    if (path !== undefined) found.add(packageName(path));
  }
  return found;
}

/**
 * Some versions of Node give a message to those, too, who subscribe while it is published (the loop in
 * lib/diagnostics_channel.js, `publish`); in the others, who comes with it gets it from here.
 */
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
