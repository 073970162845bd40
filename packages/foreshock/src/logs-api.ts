import * as api from '@opentelemetry/api';
import { ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import type { LogRecord } from '@foreshock/export';

interface Logger {
  emit(record: {
    timestamp: number;
    severityNumber: number;
    severityText: string;
    body: unknown;
    attributes: LogRecord['attributes'];
    context: Context;
  }): void;
}

interface LoggerProvider {
  getLogger(name: string, version?: string): Logger;
}

/** `@opentelemetry/api-logs` (src/internal/global-utils.ts), which SDK 2.x uses; without a dependency on it. */
const LOGS_API = Symbol.for('io.opentelemetry.js.api.logs');
const API_VERSION = 1;

function currentProvider(): LoggerProvider | undefined {
  const getProvider = (globalThis as { [LOGS_API]?: (version: number) => LoggerProvider | undefined })[LOGS_API];
  // `logs` is in `@opentelemetry/api` since 1.10, which SDK 3.x uses.
  const { logs } = api as { logs?: { getLoggerProvider(): LoggerProvider } };
  return getProvider?.(API_VERSION) ?? logs?.getLoggerProvider();
}

let provider: LoggerProvider | undefined;
const loggers = new Map<LogRecord['scope'], Logger>();

/** To the `NodeSDK`'s logger provider, if it has one. */
export function sendByLogsApi({ scope, trace: span, timeMs: timestamp, ...record }: LogRecord): void {
  const current = currentProvider();
  if (current !== provider) loggers.clear();
  provider = current;
  if (!current) return;
  let logger = loggers.get(scope);
  if (!logger) loggers.set(scope, (logger = current.getLogger(scope.name, scope.version)));
  const { severityNumber, severityText, body, attributes } = record;
  const context = span ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT;
  logger.emit({ timestamp, severityNumber, severityText, body, attributes, context });
}
