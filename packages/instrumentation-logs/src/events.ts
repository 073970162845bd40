import type { WriteLine } from './application-logger.ts';
import type { LineFields } from './line-fields.ts';
import type { LoggedLine } from './sent-line.ts';

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
