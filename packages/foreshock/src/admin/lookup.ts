import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

interface Waiting {
  readonly hostname: string;
  readonly options: LookupOptions;
  readonly callbacks: Callback[];
}

/** Each look-up blocks one of libuv's four threads: this takes only one from the application. */
export function lookUpOneAtATime(): LookupFunction {
  /** The first is under way. */
  const waiting = new Map<string, Waiting>();

  function lookUp(key: string, { hostname, options, callbacks }: Waiting): void {
    lookup(hostname, options, (...answer) => {
      waiting.delete(key);
      for (const callback of callbacks) callback(...(answer as Parameters<Callback>));
      const [next] = waiting;
      if (next) lookUp(...next);
    });
  }

  return (hostname: string, options: LookupOptions, callback: Callback): void => {
    const key = `${hostname} ${options.all} ${options.family} ${options.hints} ${options.order}`;
    const same = waiting.get(key);
    if (same) return void same.callbacks.push(callback);
    const own = { hostname, options, callbacks: [callback] };
    waiting.set(key, own);
    if (waiting.size === 1) lookUp(key, own);
  };
}
