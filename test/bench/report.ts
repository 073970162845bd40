import { added, addedAtStart, goals, peakRatio, plain, type Figure, type Goal } from './figures.ts';
import type { Lifetime, Results, UnderLoadResults } from './results.ts';

const number = (value: number, digits: number): string => {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace('-', '−');
};
const one = (value: Figure | undefined, digits: number, scale = 1): string =>
  value ? number(value.median * scale, digits) : '';
const range = (value: Figure | undefined, digits: number, scale = 1): string =>
  value && value.low !== value.high
    ? `${number(value.low * scale, digits)}..${number(value.high * scale, digits)}`
    : '';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function underLoad(results: UnderLoadResults, contenders: readonly string[]): string {
  const { scenario, rate, generations } = results;
  const rows = contenders.map((name) => {
    const extra = added(results, name);
    const isBare = name.startsWith('none');
    const of = (value: Parameters<typeof plain>[2], digits: number): string => one(plain(results, name, value), digits);
    return [
      name === 'foreshock' ? `**${name}**` : name,
      of((sample) => sample.cpuUs, 1),
      one(extra.us, 1),
      one(extra.share, 0, 100),
      range(extra.share, 0, 100),
      one(extra.ofYardstick, 2),
      range(extra.ofYardstick, 2),
      of((sample) => sample.spans, 2),
      isBare ? '' : one(extra.perSpan, 1),
      of((sample) => sample.offMainUs, 1),
      of((sample) => sample.perS, 0),
      `${of((sample) => sample.saturated.p50Ms, 1)} / ${of((sample) => sample.saturated.p99Ms, 1)}`,
      rate > 0 ? `${of((sample) => sample.paced.p50Ms, 2)} / ${of((sample) => sample.paced.p99Ms, 1)}` : '',
      of((sample) => sample.peakRss / 2 ** 20, 0),
      one(peakRatio(results, name), 2),
    ];
  });
  const head = [
    '',
    'CPU µs',
    '+µs',
    'overhead %',
    'range',
    '÷ otel-auto',
    'range',
    'spans',
    '+µs/span',
    'off main µs',
    `${scenario.unit}s/s`,
    'p50 / p99 ms',
    rate > 0 ? `at ${rate}/s` : '',
    'peak RSS MB',
    '÷ none',
  ];
  const n = generations.length;
  return (
    `**${scenario.name}**: ${scenario.title}; per ${scenario.unit}, ${n} generation${n === 1 ? '' : 's'}, ` +
    `${scenario.warmUp > 0 ? `warm-up ${scenario.warmUp}` : 'no warm-up'}, slices of ${scenario.slice}\n\n${table(head, rows)}`
  );
}

function startUp(lifetime: Lifetime, contenders: readonly string[]): string {
  const rows = contenders.map((name) => {
    const wall = addedAtStart(lifetime, name, 'wallMs');
    const rss = addedAtStart(lifetime, name, 'rss');
    const files = lifetime.files[name]!;
    return [
      name === 'foreshock' ? `**${name}**` : name,
      one(wall.more, 0),
      range(wall.more, 0),
      one(wall.ofYardstick, 2),
      one(addedAtStart(lifetime, name, 'cpuMs').more, 0),
      String(files.files),
      String(Math.round(files.bytes / 1024)),
      one(rss.more, 0, 1 / 2 ** 20),
      one(rss.ofYardstick, 2),
    ];
  });
  const head = ['', '+wall ms', 'range', '÷ otel-auto', '+CPU ms', 'files', 'KB', '+RSS MB', '÷ otel-auto'];
  return `**start-up**: spawn to listening, full app, ${lifetime.startUp['none']!.length} starts\n\n${table(head, rows)}`;
}

function idleAndEnd(lifetime: Lifetime, contenders: readonly string[]): string {
  const seconds = (ms: number | null): string => (ms === null ? 'not in time' : number(ms / 1000, 1));
  const rows = contenders.map((name) => {
    const { down, hanging } = lifetime.shutdown[name]!;
    return [
      name === 'foreshock' ? `**${name}**` : name,
      number(lifetime.idle[name]!, 2),
      seconds(down),
      seconds(hanging),
    ];
  });
  return (
    '**idle and end**: CPU of a service nobody calls; SIGTERM to exit of an app that drains, its backend down or hanging\n\n' +
    table(['', 'idle ms/s', 'down s', 'hanging s'], rows)
  );
}

function toReach(results: Results): string {
  const digits = (goal: Goal): number => (goal.unit ? 1 : 2);
  const show = (value: Goal['reached'], goal: Goal): string => {
    if (value === null || value === undefined) return 'not in time';
    if (typeof value === 'number') return number(value, digits(goal));
    const spread = range(value, digits(goal));
    return number(value.median, digits(goal)) + (spread && ` (${spread})`);
  };
  const verdict = ({ reached, must, fightFor }: Goal): string => {
    const value = typeof reached === 'object' ? reached?.median : reached;
    if (value == null || value > must) return 'missed';
    return value <= fightFor ? 'won' : 'met';
  };
  const rows = goals(results).map((goal) => [
    goal.title + (goal.unit ? `, ${goal.unit}` : ''),
    `≤ ${goal.must}`,
    String(goal.fightFor),
    show(goal.best, goal),
    `**${show(goal.reached, goal)}**`,
    verdict(goal),
  ]);
  return `**figures to reach**\n\n${table(['figure', 'must', 'worth fighting for', 'dd-trace', 'foreshock', ''], rows)}`;
}

/** The run as Markdown. */
export function report(results: Results): string {
  return [
    `${results.at.slice(0, 16).replace('T', ' ')} UTC${results.quick ? ', **quick**: for orientation, not for conclusions' : ''}, ` +
      `${number(results.minutes, 1)} minutes. ${results.machine}.`,
    `${results.versions.join('; ')}. ` +
      'Traces on, everything sampled, metrics and logs off, sent about once a second, spans counted at the sink. ' +
      'Medians; ranges over generations.',
    toReach(results),
    ...results.underLoad.map((each) => underLoad(each, results.contenders)),
    ...(results.lifetime
      ? [startUp(results.lifetime, results.contenders), idleAndEnd(results.lifetime, results.contenders)]
      : []),
  ].join('\n\n');
}
