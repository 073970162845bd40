import { errorTypeOf, type Adapter } from '@foreshock/kit';
import { isEnded } from '../../application-logger.ts';
import type { LineEvents } from '../../events.ts';
import { addMissing } from '../../missing-fields.ts';
import { severityOfNumber } from '../../severity.ts';

const WARN = 40;

/** A serializer may have made it a plain object (`stdSerializers.err`, lib/bunyan.js). */
function typeOf(error: { name?: unknown; stack?: unknown; code?: unknown }): string | undefined {
  if (error instanceof Error) return errorTypeOf(error);
  if (typeof error.stack !== 'string') return undefined;
  const { code, name } = error;
  return typeof code === 'string' && code !== '' ? code : typeof name === 'string' ? name : undefined;
}

/**
 * `_emit` (lib/bunyan.js, 1.0 to 2.0) gets the line's record from `mkRecord`. Level methods stay: `src: true` counts
 * frames.
 */
export const bunyan: Adapter<LineEvents> = {
  library: 'bunyan',
  versions: '>=1.0.0 <3',
  upstream: ['@opentelemetry/instrumentation-bunyan'],
  shows: [],
  summary: 'the same in each record, so that raw streams see it as well',

  attach(events, hooks) {
    hooks.onLoad('bunyan/lib/bunyan.js', ({ exports }) => {
      const { send, useLogger } = events;
      // By the constructor, for no child; 1.0 lacks the method.
      if (useLogger && typeof exports.prototype.addStream === 'function') {
        hooks.before(exports.prototype, 'addStream', (log) => {
          useLogger((line) => {
            if (log.streams.some(({ stream }: any) => isEnded(stream))) return;
            line.within(() => log[line.level](line.fields, line.message));
          });
        });
      }
      hooks.before(exports.prototype, '_emit', (_log, [record, isForProbe]) => {
        const fields = events.fields();
        const { err, level } = record;
        if (fields !== undefined) {
          if (level >= WARN && !isForProbe && typeof err === 'object' && err !== null) {
            const type = typeOf(err);
            if (type !== undefined) events.logged(type);
          }
          addMissing(record, fields);
        }
        if (!send || isForProbe) return;
        const { msg: message, ...attributes } = record;
        const severityText = exports.nameFromLevel[level] ?? String(level);
        send({ severityNumber: severityOfNumber(level), severityText, message, attributes });
      });
    });
  },
};
