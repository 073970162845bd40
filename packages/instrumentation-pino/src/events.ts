/**
 * What joins a line to its trace, under the names it has in the line. Values are made of
 * `[A-Za-z0-9._:-]`: they go into JSON as they are, unescaped.
 */
export interface LineFields {
  trace_id?: string;
  span_id?: string;
  trace_flags?: string;
  x_trace_id?: string;
}

/** What the adapter of a logger asks for each line it writes. */
export interface LineEvents {
  /** The fields of a line written now; undefined when it belongs to no trace. */
  fields(): Readonly<LineFields> | undefined;
  /** The line is a warning or worse, and this error is what it is about. */
  logged(error: Error): void;
}
