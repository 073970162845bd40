import { errorTypeOf, type Hooks } from '@foreshock/kit';
import type { LineEvents } from '../../events.ts';
import { MAX_LINE_LENGTH, objectIn } from '../../json-line.ts';
import type { LoggedLine } from '../../sent-line.ts';
import { severityOfName } from '../../severity.ts';
import { isWarning, writerOf } from './levels.ts';
import { withFields } from './with-fields.ts';

/** triple-beam's. */
const LEVEL = Symbol.for('level');
const MESSAGE = Symbol.for('message');
const SPLAT = Symbol.for('splat');

/**
 * winston 3's `write` (lib/winston/logger.js) gets each line in the context of who logs it: `_transform` may run later.
 */
export function attachStream(prototype: any, events: LineEvents, hooks: Hooks): void {
  const { send, useLogger } = events;
  // A logger without transports, as the module's, complains of each line.
  if (useLogger) hooks.before(prototype, 'add', (logger) => useLogger(writerOf(logger)));
  hooks.before(prototype, 'write', (logger, args) => {
    const [info] = args;
    if (typeof info !== 'object' || info === null || logger.silent) return;
    const fields = events.fields();
    if (fields === undefined) return;
    if (isWarning(logger.levels, info[LEVEL] ?? info.level)) {
      const error = errorIn(info);
      if (error) events.logged(errorTypeOf(error));
    }
    args[0] = withFields(info, fields);
  });
  if (!send) return;
  // `_transform` pushes what the logger's formats, as for redaction, have made.
  hooks.before(prototype, 'push', (logger, [info]) => {
    if (typeof info !== 'object' || info === null || logger.silent) return;
    const level = info[LEVEL] ?? info.level;
    if (logger.isLevelEnabled?.(level) !== false) send(loggedLine(level, info));
  });
}

/** A slow transport's lines come here later, in any context; `write` has given them their trace. */
function loggedLine(level: unknown, info: any): LoggedLine {
  const line = { severityNumber: severityOfName(level), severityText: String(level), isLate: true };
  const text: unknown = info[MESSAGE];
  if (typeof text === 'string' && text.length > MAX_LINE_LENGTH) return { ...line, message: text, attributes: {} };
  const { message, ...attributes } = (typeof text === 'string' && writtenOf(info, text)) || info;
  // Of an error that is the line itself, these are not enumerable.
  if (info instanceof Error) Object.assign(attributes, { 'exception.type': info.name, stack: info.stack });
  return { ...line, message, attributes };
}

/** As `format.json` has written it: its replacer hides values. JSON has nothing of an error. */
function writtenOf(info: any, text: string): Record<string, unknown> | undefined {
  const written = info instanceof Error ? undefined : objectIn(text);
  if (!written) return undefined;
  const { message, trace_id, span_id, trace_flags } = info;
  const line: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(written)) {
    // A format of the application's calls it `msg`.
    const isMessage = value === message && !('message' in written);
    line[isMessage ? 'message' : key] = info[key] instanceof Error ? info[key] : value;
  }
  return { ...line, trace_id, span_id, trace_flags };
}

function errorIn(info: any): Error | undefined {
  const { message, err, error } = info;
  return [info, message, err, error, info[SPLAT]?.[0]].find((each) => each instanceof Error);
}
