import { getCallSites } from 'node:util';

/** A loop is a few frames deep; Node allows 200. */
const FRAMES = 32;

/**
 * Name of the application's function that the event loop has called, or gone on with, and that now calls us: of an
 * `async` function that waits for a timer it is the loop.
 *
 * @returns empty when that function has no name; undefined when a library calls
 */
export function outermostFunction(): string | undefined {
  const frames = getCallSites(FRAMES);
  const ours = frames[0]?.scriptName;
  const others = frames.filter(({ scriptName }) => scriptName !== ours);
  const own = others.filter(({ scriptName }) => !scriptName.startsWith('node:'));
  const caller = others[0];
  if (frames.length === FRAMES || !caller || caller !== own[0] || isLibrary(caller)) return undefined;
  const outermost = own.at(-1)!;
  // What a timer calls may do no more than call the loop: `setTimeout(() => poll(), 1000)`.
  const isTimer = others.at(-1)?.scriptName === 'node:internal/timers' && outermost.functionName === '';
  const found = isTimer ? own.at(-2) : outermost;
  return !found || isLibrary(found) ? '' : found.functionName;
}

function isLibrary({ scriptName }: { scriptName: string }): boolean {
  return /[\\/]node_modules[\\/]/.test(scriptName);
}
