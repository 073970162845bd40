import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';
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

/** One line of text for whatever was passed beside a message. */
function inline(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return String(value);
  }
}

/** Writes one line to standard error: standard output belongs to the application. */
export function writeLine(message: string, ...values: unknown[]): void {
  const line = [message.startsWith('foreshock') ? message : `foreshock: ${message}`, ...values.map(inline)].join(' ');
  try {
    process.stderr.write(`${line.replaceAll('\n', ' ')}\n`);
  } catch {
    // A closed standard error is no reason to fail.
  }
}

/** Puts the `diag` logger in place at OTEL_LOG_LEVEL (default `info`). */
export function startLogging(env: Env): void {
  const level = env.oneOf(['OTEL_LOG_LEVEL'], Object.keys(LEVELS) as (keyof typeof LEVELS)[], 'info');
  const logger: DiagLogger = {
    error: writeLine,
    warn: writeLine,
    info: writeLine,
    debug: writeLine,
    verbose: writeLine,
  };
  diag.setLogger(logger, { logLevel: LEVELS[level], suppressOverrideMessage: true });
}
