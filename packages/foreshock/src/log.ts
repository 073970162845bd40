import { writeSync } from 'node:fs';
import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';
import { setLogWriter, type LogLevel } from '@foreshock/kit';
import type { Env } from './env.ts';

const LEVELS = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
} as const;
const OWN_LEVELS: Record<LogLevel, DiagLogLevel> = LEVELS;
const STDERR = 2;
let level: DiagLogLevel = DiagLogLevel.INFO;

export function isLogged(importance: LogLevel): boolean {
  return OWN_LEVELS[importance] <= level;
}

/** Formats an argument on one line. */
function inline(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return String(value);
  }
}

/** Synchronous: failures throw here, not as 'error' of the application's `process.stderr`. */
export function writeLine(message: string, ...values: readonly unknown[]): void {
  try {
    writeSync(STDERR, `${[message, ...values.map(inline)].join(' ').replaceAll('\n', ' ')}\n`);
  } catch {
    // Standard error may be closed.
  }
}

/**
 * To standard error at OTEL_LOG_LEVEL. Sets `diag` only if that or metrics are configured, as the application's own
 * would cause a warning.
 */
export function startLogging(env: Env): void {
  const asked = env.text('OTEL_LOG_LEVEL') !== undefined;
  const logLevel = LEVELS[env.oneOf(['OTEL_LOG_LEVEL'], Object.keys(LEVELS) as (keyof typeof LEVELS)[], 'info')];
  level = logLevel;
  setLogWriter((importance, message, values) => {
    if (isLogged(importance)) writeLine(message, ...values);
  });
  if (!asked && env.text('OTEL_METRICS_EXPORTER') === undefined) return;
  const logger: DiagLogger = {
    // The exporter's own time-out is said once.
    error: (message, ...values) => {
      if (!String(message).startsWith('PeriodicExportingMetricReader: metrics export timed out'))
        writeLine(message, ...values);
    },
    // The metrics exporter rereads variables (otlp-exporter-base, src/configuration) and would print secrets in URLs.
    warn: (message, ...values) => {
      if (!String(message).startsWith('Configuration: ')) writeLine(message, ...values);
    },
    info: writeLine,
    debug: writeLine,
    verbose: writeLine,
  };
  // Each refused export would be a line.
  diag.setLogger(logger, { logLevel: asked ? logLevel : DiagLogLevel.WARN, suppressOverrideMessage: true });
}
