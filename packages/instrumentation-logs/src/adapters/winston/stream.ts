import { errorTypeOf, type Hooks } from '@foreshock/kit';
import type { LineEvents } from '../../events.ts';
import { isWarning, writerOf } from './levels.ts';
import { withFields } from './with-fields.ts';

/** triple-beam's. */
const LEVEL = Symbol.for('level');
const SPLAT = Symbol.for('splat');

/**
 * winston 3's `write` (lib/winston/logger.js) gets each line, of children too, in the context of who logs it:
 * `_transform` may run later, when a transport is slow.
 */
export function attachStream(prototype: any, events: LineEvents, hooks: Hooks): void {
  const { useLogger } = events;
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
}

function errorIn(info: any): Error | undefined {
  const { message, err, error } = info;
  return [info, message, err, error, info[SPLAT]?.[0]].find((each) => each instanceof Error);
}
