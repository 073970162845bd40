import { context, trace, TraceFlags } from '@opentelemetry/api';
import { WHERE_IT_STANDS, type MainStack } from '@foreshock/export';

const FRAMES = 50;

// Kept from the start.
const { Error, JSON, Object, Reflect, String } = globalThis;

/**
 * Lets the sender's thread ask where this one stands, by the inspector and in the middle of whatever it does: nothing is
 * changed, and no function of the application's is called. `Error.prepareStackTrace` is one of these; in its place stands
 * ours for a moment, which also keeps Node from reading source maps.
 */
export function offerWhereItStands(): void {
  Object.defineProperty(globalThis, Symbol.for(WHERE_IT_STANDS), {
    value: function whereItStands(): string | undefined {
      try {
        const span = trace.getSpan(context.active())?.spanContext();
        const answer: MainStack = {
          stack: stackOf(whereItStands),
          traceId: span?.traceId,
          spanId: span?.spanId,
          isSampled: span && (span.traceFlags & TraceFlags.SAMPLED) !== 0,
          isInspected: process.getBuiltinModule('node:inspector').url() !== undefined,
        };
        return JSON.stringify(answer);
      } catch {
        return undefined;
      }
    },
  });
}

/** The frames below the caller, as text. */
function stackOf(caller: () => unknown): string {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = FRAMES;
    Error.prepareStackTrace = (_, frames) => frames.slice(1).map(String).join('\n');
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder, caller);
    return holder.stack ?? '';
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before);
    else Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
}
