/** Of the main thread: says where it stands. */
export const WHERE_IT_STANDS = 'foreshock.where-it-stands';

/** Longer, and it is in native code. */
const ANSWER_WITHIN_MS = 200;

/** Where the main thread stands, as it says itself. */
export interface MainStack {
  /** One frame a line, the innermost first. */
  readonly stack: string;
  /** The span in force there. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly isSampled?: boolean | undefined;
  /** A debugger may have stopped it: then it does not hang. */
  readonly isInspected: boolean;
}

/**
 * Asks the main thread where it stands, in the middle of its JavaScript: between two steps of a loop, in a regular
 * expression, in `Atomics.wait`. No domain of the inspector is enabled, so nothing of the application is deoptimised or
 * stopped, no `debugger` statement counts, and no microtask runs before its time (`Agent::ConnectToMainThread` in
 * src/inspector_agent.cc posts an interrupt; Node 22 to 26).
 *
 * @returns undefined when it is in native code, which no interrupt reaches, or has no answer
 */
export async function mainStack(): Promise<MainStack | undefined> {
  try {
    // Only now: there are Nodes without it.
    const { Session } = process.getBuiltinModule('node:inspector');
    const session = new Session();
    session.connectToMainThread();
    const expression = `globalThis[Symbol.for(${JSON.stringify(WHERE_IT_STANDS)})]?.()`;
    const answer = await new Promise<unknown>((resolve) => {
      const timer = setTimeout(resolve, ANSWER_WITHIN_MS, undefined);
      session.post('Runtime.evaluate', { expression, returnByValue: true }, (_, answered) => {
        clearTimeout(timer);
        resolve((answered as { result?: { value?: unknown } } | undefined)?.result?.value);
      });
    });
    session.disconnect();
    return typeof answer === 'string' ? (JSON.parse(answer) as MainStack) : undefined;
  } catch {
    return undefined;
  }
}
