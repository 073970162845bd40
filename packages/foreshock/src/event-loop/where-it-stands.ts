import { context, trace, TraceFlags } from '@opentelemetry/api';
import { WHERE_IT_STANDS, type MainStack } from '@foreshock/export';

const FRAMES = 50;

// The application may replace them.
const { Error, JSON, Object, Reflect, String } = globalThis;

/**
 * Lets the sender's thread read this stack by the inspector. Replacing `Error.prepareStackTrace` avoids application
 * code and source maps.
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
