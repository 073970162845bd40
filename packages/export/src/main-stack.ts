/** The main thread's function that returns its stack. */
export const WHERE_IT_STANDS = 'foreshock.where-it-stands';

/** Later, the main thread is in native code. */
const ANSWER_WITHIN_MS = 200;

export interface MainStack {
  /** One frame a line, innermost first. */
  readonly stack: string;
  /** The active span. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly isSampled?: boolean | undefined;
  /** A debugger may have paused the thread. */
  readonly isInspected: boolean;
}

/**
 * An interrupt, also in a regular expression or `Atomics.wait`. No domain of the inspector is enabled: nothing is
 * deoptimised, `debugger` statements have no effect, and no microtask runs early (`Agent::ConnectToMainThread` in
 * src/inspector_agent.cc; Node 22 to 26).
 *
 * @returns undefined in native code, which interrupts do not reach
 */
export async function mainStack(): Promise<MainStack | undefined> {
  try {
    // Some builds of Node lack it.
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
