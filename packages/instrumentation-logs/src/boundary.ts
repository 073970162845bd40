import { context, trace } from '@opentelemetry/api';
import {
  noteError,
  report,
  spanContextOf,
  VERSION,
  xTraceIdOf,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import { useLogger } from './application-logger.ts';
import type { BoundaryLogs } from './boundary-log.ts';
import type { LineEvents } from './events.ts';
import { errorLogged } from './logged-errors.ts';
import { sentLine, type LoggedLine, type SentLine } from './sent-line.ts';

/** Safe in JSON without escapes, even if the propagator changes. */
const PLAIN = /^[\w.:-]{1,128}$/;

export interface LogsConfig extends InstrumentationConfig {
  /** Whether a {@link BoundaryLog} writes by the application's logger. Default undefined: none. */
  boundaryLogs?: BoundaryLogs | undefined;
  /** `console.debug`, `log`, `info`, `warn`, `error` write JSON lines. Default false. */
  consoleJson?: boolean;
  /** Gets each line as a record for OTLP. Default undefined: none is made. */
  sendLine?: ((line: SentLine) => void) | undefined;
}

const SCOPE = { name: '@foreshock/instrumentation-logs', version: VERSION };

/**
 * Also unsampled: a request's lines correlate without spans. Names: OpenTelemetry's "Trace Context in non-OTLP Log
 * Formats".
 */
export function open(telemetry: Telemetry, config: LogsConfig): LineEvents {
  return {
    useLogger: config.boundaryLogs && useLogger,
    consoleAsJson: config.consoleJson,
    send: config.sendLine && sender(telemetry, config.sendLine),

    fields() {
      const where = context.active();
      const span = spanContextOf(where);
      if (span === undefined) return undefined;
      const { traceId, spanId, traceFlags } = span;
      const given = xTraceIdOf(where);
      const differs = given !== undefined && given !== traceId && PLAIN.test(given);
      if (telemetry.upstreamIsActive) return differs ? { x_trace_id: given } : undefined;
      const flags = (traceFlags < 16 ? '0' : '') + traceFlags.toString(16);
      if (!differs) return { trace_id: traceId, span_id: spanId, trace_flags: flags };
      return { trace_id: traceId, span_id: spanId, trace_flags: flags, x_trace_id: given };
    },

    logged(errorType) {
      // Handled errors are only visible here; the message is logged.
      noteError(`logged: ${errorType}`);
      const span = telemetry.upstreamIsActive ? undefined : trace.getActiveSpan();
      if (span?.isRecording()) errorLogged(span, errorType);
    },
  };
}

/** Upstream's instrumentation sends lines as well. */
function sender(telemetry: Telemetry, sendLine: (line: SentLine) => void): (line: LoggedLine) => void {
  let isSending = false;
  return (line) => {
    // A getter of the line may log.
    if (isSending || telemetry.upstreamIsActive) return;
    isSending = true;
    try {
      sendLine(sentLine(line, spanContextOf(context.active()), SCOPE));
    } catch (error) {
      report('sending a log line', error);
    } finally {
      isSending = false;
    }
  };
}
