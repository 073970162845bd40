import { errorTypeOf, type Hooks } from '@foreshock/kit';
import type { LineEvents } from '../../events.ts';
import type { LoggedLine } from '../../sent-line.ts';
import { severityOfName } from '../../severity.ts';
import { isWarning, writerOf } from './levels.ts';
import { withFields } from './with-fields.ts';

/** triple-beam's. */
const LEVEL = Symbol.for('level');
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

function loggedLine(level: unknown, info: any): LoggedLine {
  const severity = { severityNumber: severityOfName(level), severityText: String(level) };
  const { message, ...attributes } = info;
  // Of an error that is the line itself, these are not enumerable.
  if (info instanceof Error) Object.assign(attributes, { 'exception.type': info.name, stack: info.stack });
  return { ...severity, message, attributes };
}

function errorIn(info: any): Error | undefined {
  const { message, err, error } = info;
  return [info, message, err, error, info[SPLAT]?.[0]].find((each) => each instanceof Error);
}
