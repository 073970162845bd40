import { errorTypeOf, report, type Adapter } from '@foreshock/kit';
import type { LineEvents } from '../../events.ts';
import type { LoggedLine } from '../../sent-line.ts';
import { addMissing } from '../../missing-fields.ts';
import { severityOfName } from '../../severity.ts';

/** pino's numbers. */
const LEVELS = { debug: 20, log: 30, info: 30, warn: 40, error: 50 } as const;
const WARN = 40;

/** `console.log` etc. write JSON lines with pino's field names. */
export const consoleJson: Adapter<LineEvents> = {
  library: 'console',
  versions: '>=0.0.0 <1000',
  upstream: [],
  shows: [],
  title: '`console`',
  summary: 'its lines as JSON, with `FORESHOCK_CONSOLE_JSON=true`',

  attach(events, hooks) {
    if (!events.consoleAsJson) return;
    // Read only by who asks for it.
    const { format } = process.getBuiltinModule('node:util');
    const origin = { pid: process.pid, hostname: process.getBuiltinModule('node:os').hostname() };
    for (const [name, level] of Object.entries(LEVELS)) {
      hooks.before(console, name as keyof typeof LEVELS, (_console, args) => {
        const line = lineOf(level, args, { origin, events, format });
        events.send?.(loggedLine(name, line ?? JSON.parse(args[0])));
        if (line === undefined) return;
        args.length = 0;
        args.push('%s', JSON.stringify(line));
      });
    }
    events.useLogger?.((line) => {
      const { level, message, fields } = line;
      const record = { level: LEVELS[level], time: Date.now(), ...origin, ...fields, msg: message };
      line.within(() => console[level](JSON.stringify(addMissing(record, events.fields() ?? {}))));
    }, true);
  },
};

interface Surroundings {
  readonly origin: object;
  readonly events: LineEvents;
  readonly format: (...args: unknown[]) => string;
}

function loggedLine(name: string, { msg: message, ...attributes }: Record<string, unknown>): LoggedLine {
  return { severityNumber: severityOfName(name), severityText: name, message, attributes };
}

/** Undefined if a JSON object already. */
function lineOf(
  level: number,
  args: readonly unknown[],
  { origin, events, format }: Surroundings,
): Record<string, unknown> | undefined {
  const [first] = args;
  if (args.length === 1 && typeof first === 'string' && isJson(first)) return undefined;
  const line: Record<string, unknown> = { level, time: Date.now(), ...origin };
  const error = level >= WARN ? args.find((each) => each instanceof Error) : undefined;
  if (error) {
    line['err'] = describe(error);
    events.logged(errorTypeOf(error));
  }
  // Also cyclic; throws where `console.log` does.
  line['msg'] = args.length === 1 && error ? error.message : format(...args);
  return addMissing(line, events.fields() ?? {});
}

function describe(error: Error): object | undefined {
  try {
    const { name, message, stack } = error;
    return { type: String(name), message: String(message), stack: String(stack) };
  } catch (thrown) {
    report('console error', thrown);
    return undefined;
  }
}

function isJson(text: string): boolean {
  const line = text.trim();
  if (!line.startsWith('{') || !line.endsWith('}') || line.includes('\n')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
