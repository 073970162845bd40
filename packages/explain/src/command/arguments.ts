import { parseArgs } from 'node:util';
import { UnreadableSource } from '../sources/unreadable.ts';
import { parseLength, parseTime } from './time.ts';

export interface ExplainArguments {
  sources: string[];
  /** A time of day refers to the input's last day. */
  from?: string | undefined;
  to?: string | undefined;
  around?: string | undefined;
  lastMs?: number | undefined;
  before?: [string, string] | undefined;
  after?: [string, string] | undefined;
  service?: string | undefined;
  route?: string | undefined;
  failOn: string[];
  form: 'terminal' | 'json' | 'md';
  watch: boolean;
  help: boolean;
}

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  around: { type: 'string' },
  last: { type: 'string' },
  before: { type: 'string' },
  after: { type: 'string' },
  service: { type: 'string' },
  route: { type: 'string' },
  'fail-on': { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
  md: { type: 'boolean', default: false },
  watch: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws UnreadableSource with one line about what is wrong */
export function readArguments(args: string[]): ExplainArguments {
  let parsed;
  try {
    parsed = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new UnreadableSource((error as Error).message.split('\n')[0]!);
  }
  const { values, positionals } = parsed;
  const both = (text: string | undefined): [string, string] | undefined => {
    if (text === undefined) return undefined;
    const [from, to, ...more] = text.split('..');
    if (!from || !to || more.length > 0) throw new UnreadableSource(`"${text}" is not FROM..TO`);
    return [from, to];
  };
  const given = {
    sources: positionals,
    from: values.from,
    to: values.to,
    around: values.around,
    lastMs: values.last === undefined ? undefined : parseLength(values.last),
    before: both(values.before),
    after: both(values.after),
    service: values.service,
    route: values.route,
    failOn: values['fail-on'].split(',').filter(Boolean),
    form: values.json ? ('json' as const) : values.md ? ('md' as const) : ('terminal' as const),
    watch: values.watch,
    help: values.help,
  };
  for (const time of [given.from, given.to, given.around, ...(given.before ?? []), ...(given.after ?? [])]) {
    if (time !== undefined) parseTime(time, 0);
  }
  if ((given.before === undefined) !== (given.after === undefined))
    throw new UnreadableSource('--before and --after go together');
  if (given.watch) refuseWatch(given);
  return given;
}

function refuseWatch({ sources, failOn, before }: ExplainArguments): void {
  if (sources.includes('-')) throw new UnreadableSource('--watch: standard input cannot be read again; name a file');
  if (failOn.length > 0 || before)
    throw new UnreadableSource(`--watch does not go with ${before ? '--before and --after' : '--fail-on'}`);
}
