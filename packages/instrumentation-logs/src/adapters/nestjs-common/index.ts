import { errorTypeOf, type Adapter } from '@foreshock/kit';
import type { LineEvents } from '../../events.ts';
import { addMissing } from '../../missing-fields.ts';
import { severityOfName } from '../../severity.ts';

const WARNINGS = new Set(['warn', 'error', 'fatal']);
/** A class's own may hide what ours are called with. */
const OF_TEXT = ['formatMessage', 'stringifyMessage'];
const OF_JSON = ['getJsonLogObject', 'printAsJson', 'stringifyJsonLogObject', 'stringifyReplacer'];

/**
 * Nest's default logger's methods that make lines (services/console-logger.service.js): `formatMessage` for text,
 * `getJsonLogObject` (11.1 and later) for `json: true`. A class that replaces these is left alone.
 */
export const nestjsCommon: Adapter<LineEvents> = {
  library: '@nestjs/common',
  versions: '>=10.3.2 <13',
  upstream: [],
  shows: [],
  summary: 'Nest’s own `Logger`: in each JSON line, at the end of each text line',

  attach(events, hooks) {
    hooks.onLoad('@nestjs/common/services/console-logger.service.js', ({ exports }) => {
      const { prototype } = exports.ConsoleLogger;
      const { send } = events;
      const isNests = (logger: any, methods: readonly string[]): boolean =>
        methods.every((method) => logger[method] === prototype[method]);
      const fieldsOf = (level: unknown, error: unknown): ReturnType<LineEvents['fields']> => {
        const fields = events.fields();
        if (fields && error instanceof Error && WARNINGS.has(level as string)) events.logged(errorTypeOf(error));
        return fields;
      };
      hooks.returning(prototype, 'formatMessage', (line: unknown, logger, [level, message]) => {
        if (send && isNests(logger, OF_TEXT)) {
          send({ ...severityOf(level), message, attributes: logger.context ? { context: logger.context } : {} });
        }
        const fields = typeof line === 'string' ? fieldsOf(level, message) : undefined;
        return fields ? (line as string).replace(/\n?$/, (end) => textOf(fields) + end) : line;
      });
      if (typeof prototype.getJsonLogObject !== 'function') return;
      hooks.after(prototype, 'getJsonLogObject', (line: any, logger, [message, options]) => {
        const fields = fieldsOf(options?.logLevel, options?.error ?? message);
        if (fields) addMissing(line, fields);
        if (!send || !isNests(logger, OF_JSON)) return;
        const { message: text, ...attributes } = line;
        send({ ...severityOf(options?.logLevel), message: text, attributes });
      });
    });

    const { useLogger } = events;
    if (!useLogger) return;
    hooks.onLoad('@nestjs/common/services/logger.service.js', ({ exports: { Logger } }) => {
      // By static methods: the application may put its own logger behind them (`app.useLogger`).
      useLogger((line) => {
        const text = line.message + textOf(line.fields);
        line.within(() => Logger[line.level === 'warn' ? 'warn' : 'log'](text, 'Boundary'));
      }, true);
    });
  },
};

/** Nest's `verbose` is below `debug`. */
function severityOf(level: string): { severityNumber: number; severityText: string } {
  return { severityNumber: severityOfName(level === 'verbose' ? 'trace' : level), severityText: level };
}

function textOf(fields: object): string {
  let text = '';
  for (const [key, value] of Object.entries(fields)) text += ` ${key}=${value}`;
  return text;
}
