import type { ReceivedSpan } from '../received-span.ts';

/** Calls without spans. */
export type Marks =
  /** Prefix of attributes. */
  | { counts: string }
  /** JSON, of the fixture's `lines()`. */
  | 'lines';

/**
 * As child spans, so that span checks apply.
 *
 * @param callers the test's
 */
export function markedCalls(marks: Marks, callers: readonly ReceivedSpan[], lines: readonly string[]): ReceivedSpan[] {
  return marks === 'lines' ? inLines(lines, callers) : counted(callers, marks.counts);
}

function counted(callers: readonly ReceivedSpan[], start: string): ReceivedSpan[] {
  return callers.flatMap((caller) =>
    Object.entries(caller.attributes).flatMap(([name, count]) =>
      name.startsWith(start) ? Array.from({ length: Number(count) }, () => below(caller, name)) : [],
    ),
  );
}

function inLines(lines: readonly string[], callers: readonly ReceivedSpan[]): ReceivedSpan[] {
  return lines.flatMap((line) => {
    const { message, msg = message, trace_id: traceId, span_id: spanId } = JSON.parse(line);
    const caller = callers.find((each) => each.traceId === traceId);
    return caller ? [{ ...below(caller, msg), parentSpanId: spanId }] : [];
  });
}

function below(caller: ReceivedSpan, name: string): ReceivedSpan {
  return { ...caller, name, parentSpanId: caller.spanId };
}
