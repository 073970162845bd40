import { dirname } from 'node:path';
import { errorTypeOf, report, type Adapter } from '@foreshock/kit';
import type { LineEvents } from '../../events.ts';
import type { LineFields } from '../../line-fields.ts';
import { BoundaryLines } from './boundary-lines.ts';
import { hasNames, jsonOf } from './line-json.ts';
import { sendLine } from './send-line.ts';

/** For top-level keys; undefined removes the key. */
type Redaction = Partial<Record<keyof LineFields, (value: string) => string | undefined>>;

/** Custom levels may differ. */
const WARN = 40;

/** `write` (pino/lib/proto.js) made an object of `log.error(error)`. */
function errorIn(object: unknown, errorKey: string | undefined): Error | undefined {
  if (typeof object !== 'object' || object === null) return undefined;
  const { err, error } = object as Record<string, unknown>;
  const given = (object as Record<string, unknown>)[errorKey ?? 'err'] ?? err ?? error;
  return given instanceof Error ? given : undefined;
}

const KEYS = (['trace_id', 'span_id', 'trace_flags', 'x_trace_id'] as const).map((key) => ({
  key,
  quoted: `"${key}":`,
}));

/** The line break follows it. */
function endOf(line: string): number {
  const { length } = line;
  return line.charCodeAt(length - 2) === 0x7d && line.charCodeAt(length - 1) === 0x0a
    ? length - 2
    : line.lastIndexOf('}');
}

/** Whether the line's own object has the key, not a nested value; `quoted`: `"key":`. */
function hasKey(line: string, key: string, quoted: string): boolean {
  if (!line.includes(key)) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (inString) {
      if (code === 0x5c /* \ */) i++;
      else if (code === 0x22 /* " */) inString = false;
    } else if (code === 0x22) {
      if (depth === 1 && line.startsWith(quoted, i)) return true;
      inString = true;
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) depth++;
    else if (code === 0x7d /* } */ || code === 0x5d /* ] */) depth--;
  }
  return false;
}

function redacts(by: Redaction): boolean {
  return (by.trace_id ?? by.span_id ?? by.trace_flags ?? by.x_trace_id) !== undefined;
}

/** Missing fields, with the user's redaction. */
function lackingOf(line: string, fields: LineFields, redaction: Redaction): string {
  let json = '';
  for (const { key, quoted } of KEYS) {
    const value = fields[key];
    if (value === undefined || hasKey(line, key, quoted)) continue;
    const redact = redaction[key];
    const text = redact ? redact(value) : `"${value}"`;
    if (text !== undefined) json += `,${quoted}${text}`;
  }
  return json;
}

/**
 * `write` (pino/lib/proto.js) calls `asJson` in every version, after mixins and formatters. Before the line's last
 * brace, all user keys are known and fields are top-level.
 *
 * The channel `tracing:pino_asJson` (pino ≥ 9.10) cannot change arguments or result (lib/tools.js).
 */
export const pino: Adapter<LineEvents> = {
  library: 'pino',
  versions: '>=8.0.0 <11',
  upstream: ['@opentelemetry/instrumentation-pino'],
  shows: [],
  summary:
    '`trace_id`, `span_id`, `trace_flags`, and a caller’s own `x_trace_id`, on every line of a request, also inside Fastify and pino-http',

  attach(events, hooks) {
    const symbolsOf = new Map<string, Record<string, symbol>>();
    hooks.onLoad('pino/lib/symbols.js', ({ exports, filename }) => void symbolsOf.set(dirname(filename), exports));
    // Requires symbols.js.
    hooks.onLoad('pino/lib/proto.js', ({ exports, filename }) => {
      const prototype = Object.getPrototypeOf(exports());
      const symbols: any = symbolsOf.get(dirname(filename))!;
      const { asJsonSym, errorKeySym, setLevelSym, stringifiersSym } = symbols;

      const { send, useLogger } = events;
      let lines: BoundaryLines | undefined;
      // Each new logger (pino.js), parents first.
      if (useLogger) {
        hooks.after(prototype, setLevelSym, (_result, logger) => {
          if (lines?.isOf(logger)) return lines.levelSet();
          if (lines || logger.level === 'silent' || typeof logger.info !== 'function') return;
          const first = (lines = new BoundaryLines(logger, symbols));
          useLogger((line) => first.write(line, send !== undefined));
        });
        hooks.onUndo(() => lines?.flush());
      }

      const withFields = (line: string, logger: any, object: unknown, level: number): string => {
        const fields = events.fields();
        if (fields === undefined) return line;
        if (level >= WARN) {
          const error = errorIn(object, logger[errorKeySym]);
          if (error) events.logged(errorTypeOf(error));
        }
        const end = endOf(line);
        if (end < 0) return line;
        const redaction: Redaction = logger[stringifiersSym];
        const json = hasNames(line) || redacts(redaction) ? lackingOf(line, fields, redaction) : jsonOf(fields);
        return line.slice(0, end) + json + line.slice(end);
      };
      // By hand: a line outside traces costs 0.9 µs, `hooks.returning` 0.1 µs more (bench/line.ts).
      hooks.wrap(prototype, asJsonSym, (original) => {
        return function (this: unknown, object: unknown, message: unknown, level: number, time: unknown) {
          const line: string = original.call(this, object, message, level, time);
          try {
            if (!hooks.active) return line;
            lines?.flush();
            const joined = withFields(line, this, object, level);
            if (send) sendLine(send, joined, this, level, symbols);
            return joined;
          } catch (error) {
            report('pino asJson', error);
            return line;
          }
        };
      });
    });
  },
};
