import type { WriteLine } from './application-logger.ts';

/** Values match `[A-Za-z0-9._:-]`: no escapes in JSON. */
export interface LineFields {
  trace_id?: string;
  span_id?: string;
  trace_flags?: string;
  x_trace_id?: string;
}

export interface LineEvents {
  /** Undefined outside any trace. */
  fields(): Readonly<LineFields> | undefined;
  /** An error, of level warn or higher. */
  logged(errorType: string): void;
  /** The application has a logger, which writes boundary logs too; undefined: there are none. */
  readonly useLogger?: ((write: WriteLine, isFallback?: boolean) => void) | undefined;
  /** Whether the application wants what it writes to `console` as JSON. */
  readonly consoleAsJson?: boolean | undefined;
}
