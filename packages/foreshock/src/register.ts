import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { whenNeeded } from './when-needed.ts';

const REGISTERED = Symbol.for('foreshock.registered');

/** For `node --require foreshock/register app.js` and `node --import foreshock/register app.mjs`. */
function register(): void {
  if ((globalThis as Record<symbol, unknown>)[REGISTERED]) return;
  (globalThis as Record<symbol, unknown>)[REGISTERED] = true;
  if (isMainThread) load();
  else whenNeeded(load);
}

/** A failure, as a missing `@opentelemetry/api`, costs only traces. */
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
