import { context, trace } from '@opentelemetry/api';
import { enter, guard, leave, NOT_ENTERED, propertiesOf, VERSION } from '@foreshock/kit';
import { onHandlerLoad } from './handler-file.ts';
import { Invocation, type LambdaContext } from './invocation.ts';

/** Of AWS's `awslambda.streamifyResponse`: `handler(event, responseStream, context)`. */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

type Handler = (this: unknown, ...args: any[]) => any;

export interface LambdaOptions {
  /** `_HANDLER` */
  handler: string;
  /** `LAMBDA_TASK_ROOT` */
  taskRoot: string;
  /** Sends what has ended, within this time; resolves with whether all arrived, never rejects. */
  flush(ms: number): Promise<boolean>;
  /** Longest wait for the backend after an invocation. */
  flushMs: number;
}

/** Each invocation is a span, and delivered before its answer: then the process is frozen. */
export function traceInvocations({ handler, taskRoot, flush, flushMs }: LambdaOptions): void {
  const flushed = flushWithin(flush, flushMs);
  onHandlerLoad(handler, taskRoot, (original) => traced(original, flushed));
}

/** Left of the invocation's time, so that the answer is not late. */
const RESERVED_MS = 50;
/** A backend that did not answer last time costs each invocation no more. */
const BRIEF_MS = 100;

function flushWithin(flush: LambdaOptions['flush'], flushMs: number) {
  let isAnswering = true;
  return async (of: LambdaContext): Promise<void> => {
    const left = guard('remaining time', () => of.getRemainingTimeInMillis?.()) ?? Infinity;
    const ms = Math.min(isAnswering ? flushMs : BRIEF_MS, left - RESERVED_MS);
    if (ms > 0) isAnswering = await flush(ms);
  };
}

function traced(original: Handler, flushed: (of: LambdaContext) => Promise<void>): Handler {
  const isStreaming = (original as any)[STREAMING] !== undefined;

  function wrapper(this: unknown, ...args: any[]): unknown {
    const of: LambdaContext = (isStreaming ? args[2] : args[1]) ?? {};
    const invocation = guard('an invocation', () => {
      return new Invocation(trace.getTracer('foreshock', VERSION), args[0], of);
    });
    if (!invocation) return original.apply(this, args);
    // Of whatever ends it first; the runtime takes the first answer, so that none may overtake another.
    let delivered: Promise<void> | undefined;
    const over = (end: () => void): Promise<void> => {
      if (delivered) return delivered;
      guard('the end of an invocation', end);
      delivered = flushed(of);
      return delivered;
    };
    const answer: unknown = isStreaming ? undefined : args[2];
    if (typeof answer === 'function') {
      args[2] = (failure: unknown, value: unknown): void => {
        const sent = over(() => (failure ? invocation.failed(failure) : invocation.succeeded(value)));
        void sent.then(() => answer(failure, value));
      };
    }
    let result: any;
    const left = enter(invocation.context);
    try {
      // By the first, errors have one frame of ours.
      if (left === NOT_ENTERED) result = context.with(invocation.context, () => original.apply(this, args));
      else result = original.apply(this, args);
    } catch (error) {
      return over(() => invocation.failed(error)).then(() => Promise.reject(error));
    } finally {
      leave(left);
    }
    if (typeof result?.then !== 'function') {
      // Else it answers by its callback.
      if (original.length < 3) void over(() => invocation.succeeded(result));
      return result;
    }
    return result.then(
      async (value: unknown) => {
        await over(() => invocation.succeeded(value));
        return value;
      },
      async (error: unknown) => {
        await over(() => invocation.failed(error));
        throw error;
      },
    );
  }

  // Runtimes ask for its length, whether it is async, and what marks streaming.
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(original));
  return Object.defineProperties(wrapper, propertiesOf(original));
}
