import { createRequire } from 'node:module';
import { report, type Adapter } from '@foreshock/kit';
import type { LineEvents, LineFields } from '../../events.ts';

/** pino's redaction of top-level keys, by key; undefined removes the key. */
type Redaction = Partial<Record<keyof LineFields, (value: string) => string | undefined>>;

/** pino's levels are numbers, a higher one is worse; those of an application's own may be others. */
const WARN = 40;

/** The error that a line is about: `log.error(error)` has been made an object by now (`write` in pino/lib/proto.js). */
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

/** Whether one of the names may be in it: two searches for a text take a fraction of one for a pattern. */
function hasNames(line: string): boolean {
  return line.includes('trace_') || line.includes('span_id');
}

/** Where the last brace of a line is, which ends with it and a line break. */
function endOf(line: string): number {
  const { length } = line;
  return line.charCodeAt(length - 2) === 0x7d && line.charCodeAt(length - 1) === 0x0a
    ? length - 2
    : line.lastIndexOf('}');
}

function jsonOf({ trace_id, span_id, trace_flags, x_trace_id }: LineFields): string {
  // Few long pieces: a string glued from many small ones costs more than all the rest here.
  const trace =
    trace_id === undefined ? '' : `,"trace_id":"${trace_id}","span_id":"${span_id}","trace_flags":"${trace_flags}"`;
  return x_trace_id === undefined ? trace : `${trace},"x_trace_id":"${x_trace_id}"`;
}

/** Whether a line of JSON has this key itself, not inside one of its values; `quoted` is `"key":`. */
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

/** The fields whose key the line does not have yet, redacted where the user named that key. */
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
 * Every version writes a line through its prototype's `asJson` (pino/lib/proto.js, `write`), after
 * mixins, formatters, serializers and child bindings have had their say. So the fields are put into
 * the finished line, before its last brace: only there is it known which keys the user has set; the
 * user's object is not touched; they are at the top level whatever `nestedKey` is; and the rest of
 * the line is byte for byte what it was.
 *
 * The channel `tracing:pino_asJson` (pino ≥ 9.10) does not do: it shows arguments and result and
 * takes neither back (lib/tools.js: strict `arguments`, and `traceSync` returns what `_asJson` did).
 */
export const pino: Adapter<LineEvents> = {
  library: 'pino',
  versions: '>=8.0.0 <11',
  upstream: ['@opentelemetry/instrumentation-pino'],
  shows: [],
  summary:
    '`trace_id`, `span_id`, `trace_flags`, and a caller’s own `x_trace_id`, on every line of a request, also inside Fastify and pino-http',

  attach(events, hooks) {
    hooks.onLoad('pino/lib/proto.js', ({ exports, filename }) => {
      const prototype = Object.getPrototypeOf(exports());
      const { asJsonSym, errorKeySym, stringifiersSym } = createRequire(filename)('./symbols.js');

      hooks.wrap(
        prototype,
        asJsonSym,
        (asJson) =>
          function asJsonInTrace(this: any, object, message, level, time) {
            const line = asJson.call(this, object, message, level, time);
            if (!hooks.active) return line;
            try {
              const fields = events.fields();
              if (fields === undefined) return line;
              if (level >= WARN) {
                const error = errorIn(object, this[errorKeySym]);
                if (error) events.logged(error);
              }
              const end = endOf(line);
              if (end < 0) return line;
              const redaction: Redaction = this[stringifiersSym];
              const json = hasNames(line) || redacts(redaction) ? lackingOf(line, fields, redaction) : jsonOf(fields);
              return line.slice(0, end) + json + line.slice(end);
            } catch (error) {
              report('pino line', error);
              return line;
            }
          },
      );
    });
  },
};
