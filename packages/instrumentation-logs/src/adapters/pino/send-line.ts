import type { LineEvents } from '../../events.ts';
import { severityOfNumber } from '../../severity.ts';

/** Longer ones are sent as text, cut: reading them would take milliseconds. */
const MAX_LENGTH = 256 * 1024;

/**
 * What pino has written: redacted, and as its serializers and formatters made it.
 *
 * @param symbols of its lib/symbols.js
 */
export function sendLine(
  send: NonNullable<LineEvents['send']>,
  line: string,
  logger: any,
  level: number,
  { messageKeySym, errorKeySym, nestedKeySym }: Record<string, symbol>,
): void {
  const severity = {
    severityNumber: severityOfNumber(level),
    severityText: String(logger.levels?.labels?.[level] ?? level),
  };
  const object = line.length > MAX_LENGTH ? undefined : objectIn(line);
  if (object === undefined) return send({ ...severity, message: line.trimEnd(), attributes: {} });
  const messageKey = logger[messageKeySym!] ?? 'msg';
  const { [messageKey]: message, ...attributes } = object;
  const nestedKey = logger[nestedKeySym!];
  const nested = typeof nestedKey === 'string' ? attributes[nestedKey] : undefined;
  if (typeof nested === 'object' && nested !== null) {
    delete attributes[nestedKey];
    Object.assign(attributes, nested);
  }
  send({ ...severity, message, attributes, errorKey: logger[errorKeySym!] });
}

/** A formatter may have made it something else. */
function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
