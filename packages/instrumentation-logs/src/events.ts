import type { WriteLine } from './application-logger.ts';
import type { LoggedLine } from './sent-line.ts';

/** Values match `[A-Za-z0-9._:-]`: unescaped in JSON. */
export interface LineFields {
  trace_id?: string;
  span_id?: string;
  trace_flags?: string;
  x_trace_id?: string;
}

export interface LineEvents {
  /** Undefined outside any trace. */
  fields(): Readonly<LineFields> | undefined;
  /** Of level warn or higher. */
  logged(errorType: string): void;
  /** The application's logger, for boundary logs; undefined: there are none. */
  readonly useLogger?: ((write: WriteLine, isFallback?: boolean) => void) | undefined;
  /** Takes each line that is written, for OTLP; undefined: they are not sent. */
  readonly send?: ((line: LoggedLine) => void) | undefined;
  /** Whether `console` lines should be JSON. */
  readonly consoleAsJson?: boolean | undefined;
}
