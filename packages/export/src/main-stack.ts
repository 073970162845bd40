import { callMainThread } from './call-main-thread.ts';

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

/** @returns undefined in native code, or without an inspector */
export async function mainStack(): Promise<MainStack | undefined> {
  try {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const end = callMainThread(WHERE_IT_STANDS, resolve);
    const timer = setTimeout(resolve, ANSWER_WITHIN_MS, undefined);
    const answer = await promise;
    clearTimeout(timer);
    end();
    return typeof answer === 'string' ? (JSON.parse(answer) as MainStack) : undefined;
  } catch {
    return undefined;
  }
}
