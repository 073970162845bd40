/** Trace fields of a line; values match `[A-Za-z0-9._:-]` and need no escapes in JSON. */
export interface LineFields {
  trace_id?: string;
  span_id?: string;
  trace_flags?: string;
  x_trace_id?: string;
}

/** Called for each line. */
export interface LineEvents {
  /** Undefined outside any trace. */
  fields(): Readonly<LineFields> | undefined;
  /** A line of level warn or higher contains this error. */
  logged(error: Error): void;
}
