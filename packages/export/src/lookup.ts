import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * `dns.lookup` that asks once for all who wait for the same name. Node's runs in libuv's pool of four threads, which
 * the whole process shares: while DNS does not answer, several of our requests would take the application's threads.
 */
export function lookUpOnce(): LookupFunction {
  const waiting = new Map<string, Callback[]>();
  return (hostname: string, options: LookupOptions, callback: Callback): void => {
    const key = `${hostname} ${options.all} ${options.family} ${options.hints} ${options.order}`;
    const others = waiting.get(key);
    if (others) return void others.push(callback);
    const callbacks = [callback];
    waiting.set(key, callbacks);
    process.getBuiltinModule('node:dns').lookup(hostname, options, (...answer) => {
      waiting.delete(key);
      for (const each of callbacks) each(...answer);
    });
  };
}
