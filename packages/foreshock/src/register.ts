import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { whenNeeded } from './when-needed.ts';

const REGISTERED = Symbol.for('foreshock.registered');

/**
 * What `node --require foreshock/register app.js` and `node --import foreshock/register app.mjs` load. In the main
 * thread it loads the preload at once; in a worker thread, of which there may be many, when there is something to trace.
 */
function register(): void {
  if ((globalThis as Record<symbol, unknown>)[REGISTERED]) return;
  (globalThis as Record<symbol, unknown>)[REGISTERED] = true;
  if (isMainThread) load();
  else whenNeeded(load);
}

/** Whatever keeps it from starting, a missing `@opentelemetry/api` first of all, costs the application its traces alone. */
function load(): void {
  const file = join(import.meta.dirname, isMainThread ? 'preload.cjs' : 'worker-preload.cjs');
  try {
    createRequire(file)(file);
  } catch (error) {
    const [line] = String((error as Error | undefined)?.message).split('\n');
    console.error(`foreshock: could not start, the application runs untraced: ${line}`);
  }
}

register();
