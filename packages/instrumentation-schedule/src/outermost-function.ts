import { getCallSites } from 'node:util';

/** Enough for a loop; Node allows 200. */
const FRAMES = 32;

/**
 * The application's outermost function in this turn: an `async` one may be the loop.
 *
 * @returns empty without a name; undefined for a library's
 */
export function outermostFunction(): string | undefined {
  const frames = getCallSites(FRAMES);
  const ours = frames[0]?.scriptName;
  const others = frames.filter(({ scriptName }) => scriptName !== ours);
  const own = others.filter(({ scriptName }) => !scriptName.startsWith('node:'));
  const caller = others[0];
  if (frames.length === FRAMES || !caller || caller !== own[0] || isLibrary(caller)) return undefined;
  const outermost = own.at(-1)!;
  // The callback may only call the loop: `setTimeout(() => poll(), 1000)`.
  const isTimer = others.at(-1)?.scriptName === 'node:internal/timers' && outermost.functionName === '';
  const found = isTimer ? own.at(-2) : outermost;
  return !found || isLibrary(found) ? '' : found.functionName;
}

function isLibrary({ scriptName }: { scriptName: string }): boolean {
  return /[\\/]node_modules[\\/]/.test(scriptName);
}
