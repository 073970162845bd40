import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Module } from 'node:module';
import { hasSoundHooks, onBuiltinLoad, onPackageLoad } from '@foreshock/kit/module-hook';
import { keepIntervals } from './early-intervals.ts';

type Listener = (message: unknown, name: string | symbol) => void;

/** What the preload waits for itself, once it has loaded; build.mjs asks it. */
declare const WAITED_FOR: {
  /** npm packages. */
  readonly packages: readonly string[];
  /** Built-in modules, without `node:`. */
  readonly builtins: readonly string[];
  /** Diagnostics channels. */
  readonly channels: readonly string[];
};

/** Where `@opentelemetry/api` 1.x looks for what is registered (its src/internal/global-utils.ts). */
const API = Symbol.for('opentelemetry.js.api.1');

/**
 * Calls `load`, once, as soon as the preload has something to do in this thread: a library loads that it instruments,
 * a diagnostics channel it listens to has a message, or somebody uses OpenTelemetry's API. A worker thread that does
 * none of that has no use for the 10 MB that the preload takes.
 *
 * @param load loads the preload; must not throw
 */
export function whenNeeded(load: () => void): void {
  // Metrics are exported of threads that make no span, too. Without sound hooks modules load unseen.
  if (!hasSoundHooks() || process.env['OTEL_METRICS_EXPORTER'] || API in globalThis || hasLoaded()) return load();
  const listeners = new Map<string, Listener>();
  const intervals = keepIntervals();
  let isNeeded = false;

  function needed(): void {
    if (isNeeded) return;
    isNeeded = true;
    // Not while one of them is called: the loop over a channel's subscribers would leave one out.
    queueMicrotask(() => listeners.forEach((listener, name) => unsubscribe(name, listener)));
    delete (globalThis as Record<symbol, unknown>)[API];
    load();
    intervals.passOn();
  }

  for (const name of WAITED_FOR.packages) onPackageLoad(name, needed);
  for (const name of WAITED_FOR.channels) {
    const listener: Listener = (message) => void (isNeeded || passOn(name, message, needed));
    listeners.set(name, listener);
    subscribe(name, listener);
  }
  Object.defineProperty(globalThis, API, {
    configurable: true,
    enumerable: false,
    get(): unknown {
      needed();
      return (globalThis as Record<symbol, unknown>)[API];
    },
    set(registered: unknown) {
      needed();
      (globalThis as Record<symbol, unknown>)[API] = registered;
    },
  });
  for (const name of WAITED_FOR.builtins) onBuiltinLoad(name, needed);
}

/** Whether another preload, before this one, has loaded a package that is waited for. */
function hasLoaded(): boolean {
  const files = Object.keys((Module as unknown as { _cache: object })._cache).map((file) => file.replaceAll('\\', '/'));
  return WAITED_FOR.packages.some((name) => files.some((file) => file.includes(`/node_modules/${name}/`)));
}

/**
 * Some versions of Node give a message to those, too, who subscribe while it is published (the loop in
 * lib/diagnostics_channel.js, `publish`); in the others, who comes with it gets it from here.
 */
function passOn(name: string, message: unknown, needed: () => void): void {
  const added: Listener[] = [];
  const own = channel(name);
  own.subscribe = (listener) => {
    added.push(listener);
    Object.getPrototypeOf(own).subscribe.call(own, listener);
  };
  try {
    needed();
  } finally {
    delete (own as Partial<typeof own>).subscribe;
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
