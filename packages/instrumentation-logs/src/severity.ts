/** OpenTelemetry's numbers by loggers' words ("Appendix B: SeverityNumber example mappings"). */
const BY_NAME: Readonly<Record<string, number>> = {
  silly: 1,
  trace: 1,
  debug: 5,
  verbose: 6,
  http: 7,
  info: 9,
  log: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  crit: 21,
  fatal: 21,
  alert: 22,
  emerg: 23,
};

/** 0: unknown. */
export function severityOfName(level: unknown): number {
  return typeof level === 'string' && Object.hasOwn(BY_NAME, level) ? BY_NAME[level]! : 0;
}

/** pino's and bunyan's: 10 is `trace`, 60 `fatal`. */
export function severityOfNumber(level: unknown): number {
  if (typeof level !== 'number' || !(level > 0)) return 0;
  const step = Math.min(Math.floor(level / 10), 6);
  return step < 1 ? 1 : step * 4 - 3;
}
