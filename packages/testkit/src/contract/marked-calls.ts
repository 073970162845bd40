import type { ReceivedSpan } from '../received-span.ts';

/** Where the calls of a library show themselves that have no span of their own. */
export type Marks =
  /** Counted on their caller's span, in attributes whose names begin so. */
  | { counts: string }
  /** In a line of JSON each, which the fixture gives by `lines()`. */
  | 'lines';

/**
 * The marks of calls made inside the given spans, each as if it were a span below its caller's: what holds for spans
 * holds for them.
 *
 * @param callers spans of the test's own
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
    const { msg, trace_id: traceId, span_id: spanId } = JSON.parse(line);
    const caller = callers.find((each) => each.traceId === traceId);
    return caller ? [{ ...below(caller, msg), parentSpanId: spanId }] : [];
  });
}

function below(caller: ReceivedSpan, name: string): ReceivedSpan {
  return { ...caller, name, parentSpanId: caller.spanId };
}
