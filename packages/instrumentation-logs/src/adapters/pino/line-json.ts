import type { LineFields } from '../../line-fields.ts';

/** Whether a line, or a logger's bindings, may have fields of the trace. Much faster than a pattern. */
export function hasNames(line: string): boolean {
  return line.includes('trace_') || line.includes('span_id');
}

export function jsonOf({ trace_id, span_id, trace_flags, x_trace_id }: LineFields): string {
  // Many small concatenations are slow.
  const trace =
    trace_id === undefined ? '' : `,"trace_id":"${trace_id}","span_id":"${span_id}","trace_flags":"${trace_flags}"`;
  return x_trace_id === undefined ? trace : `${trace},"x_trace_id":"${x_trace_id}"`;
}
