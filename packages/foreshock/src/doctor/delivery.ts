import type { Config } from '../config.ts';
import { look, ok, wrong, type Finding } from './finding.ts';
import type { ThreadRecord } from './watch/record.ts';
import { spans } from './watched.ts';

const SAYS_WHY = /cannot be reached|refused|lost|dropped|left on disk/;

/** How many one process made, and their fate. */
export function deliveryFindings(threads: readonly ThreadRecord[], config: Config | undefined): Finding[] {
  const main = threads.find(({ thread }) => thread === 0);
  if (!main?.isStarted || !config) return [];
  const sum = (of: (thread: ThreadRecord) => number): number => threads.reduce((all, thread) => all + of(thread), 0);
  const made = sum(({ scopes }) => Object.values(scopes).reduce((all, each) => all + each, 0));
  const unrecorded = sum((thread) => thread.unrecorded);
  return [
    ...(made === 0 && unrecorded === 0 ? [nothing(main)] : []),
    ...refused(made, unrecorded, config),
    ...(made > 0 ? config.destinations.map((_, at) => delivered(main, made, at, config)) : []),
    ...dropped(main),
    ...others(threads),
  ];
}

function nothing({ servers, isOver }: ThreadRecord): Finding {
  if (!isOver)
    return look('spans', 'none was seen before a signal ended it', 'let it run for some seconds, or end by itself');
  return servers > 0
    ? look('spans', 'none: it listens, and no request came', 'send it a request while the doctor watches')
    : look(
        'spans',
        'none: there was no request, message, job, scheduled run or call',
        'let it do its work while the doctor watches',
      );
}

/** `parentbased_always_on` refuses only what callers refuse. */
function refused(made: number, unrecorded: number, { sampler: { name } }: Config): Finding[] {
  if (unrecorded === 0) return [];
  const count = spans(unrecorded);
  if (name !== 'parentbased_always_on') return [ok('sampling', `${count} not recorded, as the sampler says`)];
  const text = `${count} not recorded: callers send traceparent without the sampled flag`;
  const todo = 'look at the sampler of the service that calls first; FORESHOCK_TRUST_INCOMING=false ignores it';
  return [made === 0 ? wrong('sampling', text, todo) : look('sampling', text, todo)];
}

function delivered(main: ThreadRecord, made: number, at: number, { destinations }: Config): Finding {
  const destination = destinations[at]!;
  const name = destination.kind === 'console' ? 'standard output' : new URL(destination.url).host;
  const taken = main.delivered[at] ?? 0;
  if (taken >= made) return ok('spans', `${made} made, all delivered to ${name}`);
  const why = main.lines.findLast((line) => SAYS_WHY.test(line))?.replace(/^foreshock: /, '');
  const text = `${made} made, ${taken} delivered to ${name}`;
  if (why !== undefined) return wrong('spans', `${text}: ${why}`, 'see what is said of the backend');
  if (main.isOver) return wrong('spans', text, 'see what is said of the backend');
  return look(
    'spans',
    `${text} when it was killed`,
    'the next start of the service sends the rest, if FORESHOCK_SPOOL_DIR is kept',
  );
}

function dropped({ dropped: reasons }: ThreadRecord): Finding[] {
  const entries = Object.entries(reasons).filter(([, count]) => count > 0);
  if (entries.length === 0) return [];
  return [
    wrong(
      'spans',
      `dropped: ${entries.map(([reason, count]) => `${count} ${reason}`).join(', ')}`,
      'packages/export of Foreshock says what each reason means ("What happens when")',
    ),
  ];
}

/** Made by the application or others through OpenTelemetry's API. */
function others(threads: readonly ThreadRecord[]): Finding[] {
  const scopes = new Map<string, number>();
  for (const thread of threads)
    for (const [name, count] of Object.entries(thread.scopes))
      if (!/^(?:@foreshock\/|foreshock$)/.test(name)) scopes.set(name, (scopes.get(name) ?? 0) + count);
  if (scopes.size === 0) return [];
  const named = [...scopes].slice(0, 5).map(([name, count]) => `${name}: ${spans(count)}`);
  return [ok('others', named.join(', '))];
}
