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

/** Whether a line of ours of this importance is written. */
export function isLogged(importance: LogLevel): boolean {
  return OWN_LEVELS[importance] <= level;
}

/** One line of text for whatever was passed beside a message. */
function inline(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return String(value);
  }
}

/**
 * Straight to the file: a failure is thrown here, where it is caught, and is no 'error' of the application's
 * `process.stderr` later, when the reader of a pipe has gone. Standard output belongs to the application.
 */
export function writeLine(message: string, ...values: readonly unknown[]): void {
  try {
    writeSync(STDERR, `${[message, ...values.map(inline)].join(' ').replaceAll('\n', ' ')}\n`);
  } catch {
    // A closed standard error is no reason to fail.
  }
}

/**
 * Our own lines go to standard error at OTEL_LOG_LEVEL (default `info`). Those of OpenTelemetry's packages too, in
 * their own words, where the level or metrics are asked for; else `diag` is left as it is: an application that sets a
 * logger of its own would be warned of ours.
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
    error: writeLine,
    // The exporter of metrics reads the variables again (otlp-exporter-base, src/configuration), and prints URLs with
    // the keys in them: what is wrong has been logged by us.
    warn: (message, ...values) => {
      if (!message.startsWith('Configuration: ')) writeLine(message, ...values);
    },
    info: writeLine,
    debug: writeLine,
    verbose: writeLine,
  };
  diag.setLogger(logger, { logLevel, suppressOverrideMessage: true });
}
