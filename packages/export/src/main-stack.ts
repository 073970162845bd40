import { callMainThread } from './call-main-thread.ts';

/** On the main thread; returns its stack. */
export const WHERE_IT_STANDS = 'foreshock.where-it-stands';

/** Later: native code. */
const ANSWER_WITHIN_MS = 200;

export interface MainStack {
  /** Innermost first, one a line. */
  readonly stack: string;
  /** The active span. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly isSampled?: boolean | undefined;
  /** Perhaps paused by a debugger. */
  readonly isInspected: boolean;
}

/** @returns undefined in native code or without inspector */
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
