import { getCallSites } from 'node:util';

/** A loop is a few frames deep; Node allows 200. */
const FRAMES = 32;

/**
 * Name of the application's function that the event loop has called, or gone on with: of an `async` function that waits
 * for a timer it is the loop. A function without a name has none, nor has one of a library.
 */
export function outermostFunction(): string {
  const frames = getCallSites(FRAMES);
  const isCalledByNode = frames.at(-1)?.scriptName.startsWith('node:') === true;
  const own = frames.filter(({ scriptName }) => !scriptName.startsWith('node:'));
  // What a timer calls may do no more than call the loop: `setTimeout(() => poll(), 1000)`.
  const at = isCalledByNode && own.at(-1)?.functionName === '' ? -2 : -1;
  const found = own.at(at);
  if (frames.length === FRAMES || !found || /[\\/]node_modules[\\/]/.test(found.scriptName)) return '';
  return found.functionName;
}
