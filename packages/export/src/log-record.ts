import type { Scope } from './finished-span.ts';

/** A line of an application's logger. */
export interface LogRecord {
  /** ms since 1970. */
  readonly timeMs: number;
  /** OpenTelemetry's, 1 to 24; 0: unknown. */
  readonly severityNumber: number;
  /** The logger's own word. */
  readonly severityText: string;
  /** What OTLP can represent, usually text; undefined: none. */
  readonly body: unknown;
  /** Nested ones as well. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Undefined outside traces. */
  readonly trace: { readonly traceId: string; readonly spanId: string; readonly traceFlags: number } | undefined;
  readonly scope: Scope;
}
