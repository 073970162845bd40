import type { LineEvents } from '../../events.ts';
import { MAX_LINE_LENGTH, objectIn } from '../../json-line.ts';
import { severityOfNumber } from '../../severity.ts';

/**
 * What pino writes: redacted, and as its serializers, formatters and `hooks.streamWrite` (9 and later) make it.
 *
 * @param symbols of its lib/symbols.js
 */
export function sendLine(
  send: NonNullable<LineEvents['send']>,
  joined: string,
  logger: any,
  level: number,
  { messageKeySym, errorKeySym, nestedKeySym, hooksSym }: Record<string, symbol>,
): void {
  const streamWrite = logger[hooksSym!]?.streamWrite;
  const line: string = typeof streamWrite === 'function' ? String(streamWrite(joined)) : joined;
  const severity = {
    severityNumber: severityOfNumber(level),
    severityText: String(logger.levels?.labels?.[level] ?? level),
  };
  const object = line.length > MAX_LINE_LENGTH ? undefined : objectIn(line);
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
