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
import { lineFields, ownXTraceId } from './line-fields.ts';
import { errorLogged } from './logged-errors.ts';
import { sentLine, type LoggedLine, type SentLine } from './sent-line.ts';

export interface LogsConfig extends InstrumentationConfig {
  /** Whether a {@link BoundaryLog} writes by the application's logger. Default undefined: none. */
  boundaryLogs?: BoundaryLogs | undefined;
  /** `console.debug`, `log`, `info`, `warn`, `error` write JSON lines. Default false. */
  consoleJson?: boolean;
  /** Gets each line as a record for OTLP. Default undefined: none is made. */
  sendLine?: ((line: SentLine) => void) | undefined;
}

const SCOPE = { name: '@foreshock/instrumentation-logs', version: VERSION };

/** Also unsampled: a request's lines correlate without spans. */
export function open(telemetry: Telemetry, config: LogsConfig): LineEvents {
  return {
    useLogger: config.boundaryLogs && useLogger,
    consoleAsJson: config.consoleJson,
    send: config.sendLine && sender(telemetry, config.sendLine),

    fields() {
      const where = context.active();
      const span = spanContextOf(where);
      if (span === undefined) return undefined;
      const given = xTraceIdOf(where);
      if (!telemetry.upstreamIsActive) return lineFields(span, given);
      const own = ownXTraceId(span.traceId, given);
      return own === undefined ? undefined : { x_trace_id: own };
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
