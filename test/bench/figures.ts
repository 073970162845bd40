import type { UnderLoad } from './measures/under-load.ts';
import type { Lifetime, Results, UnderLoadResults } from './results.ts';

/** A figure over generations or repetitions: its median, and what it ranged over. */
export interface Figure {
  median: number;
  low: number;
  high: number;
}

/** @returns undefined when there are no values */
export function figure(values: readonly number[]): Figure | undefined {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)! };
}

const BARE = ['none', 'none, again'];
/** The peer that others are held against. */
export const YARDSTICK = 'otel-auto';

/** What a bare app has, both of them together. */
const bare = (of: (name: string) => number | undefined): number => {
  const values = BARE.map(of).filter((value) => value !== undefined);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};

/** What a contender adds to the bare app, in every form the tables have; each one a value per generation. */
export interface Added {
  us: Figure | undefined;
  /** Of the bare app. */
  share: Figure | undefined;
  /** Of what otel-auto adds. */
  ofYardstick: Figure | undefined;
  perSpan: Figure | undefined;
}

/** Compared within a generation: what moved the machine then moved all of them. */
export function added({ generations }: UnderLoadResults, name: string, by: string = YARDSTICK): Added {
  const of = (value: (generation: Record<string, UnderLoad>, us: number) => number): Figure | undefined =>
    figure(
      generations.flatMap((generation) => {
        const sample = generation[name];
        return sample ? [value(generation, sample.cpuUs - base(generation))] : [];
      }),
    );
  const base = (generation: Record<string, UnderLoad>): number => bare((each) => generation[each]?.cpuUs);
  return {
    us: of((_, us) => us),
    share: of((generation, us) => us / base(generation)),
    ofYardstick: of((generation, us) => us / (generation[by]!.cpuUs - base(generation))),
    perSpan: of((generation, us) => us / generation[name]!.spans),
  };
}

/** A plain value of the samples of one contender. */
export const plain = (
  { generations }: UnderLoadResults,
  name: string,
  value: (sample: UnderLoad) => number,
): Figure | undefined =>
  figure(generations.flatMap((generation) => (generation[name] ? [value(generation[name])] : [])));

/** Peak memory against the bare app's, within a generation. */
export const peakRatio = ({ generations }: UnderLoadResults, name: string): Figure | undefined =>
  figure(
    generations.flatMap((generation) =>
      generation[name] ? [generation[name].peakRss / bare((each) => generation[each]?.peakRss)] : [],
    ),
  );

/** What starting costs beyond the bare app, by round. */
export function addedAtStart(
  { startUp }: Lifetime,
  name: string,
  value: 'wallMs' | 'cpuMs' | 'rss',
): { more: Figure | undefined; ofYardstick: Figure | undefined } {
  const typical = (each: string): number => figure(startUp[each]!.map((sample) => sample[value]))!.median;
  // Rounds are too short to be compared one by one: their medians are.
  const base = bare(typical);
  const scale = typical(YARDSTICK) - base;
  const more = startUp[name]!.map((sample) => sample[value] - base);
  return { more: figure(more), ofYardstick: figure(more.map((each) => each / scale)) };
}

/** One of the figures to reach: what was asked for, and what came out. */
export interface Goal {
  title: string;
  must: number;
  fightFor: number;
  best: Figure | number | null | undefined;
  reached: Figure | number | null | undefined;
  /** `s` for times; ratios have none. */
  unit?: string;
}

/** The contender all this is about, and the peer that does best without it. */
const OURS = 'foreshock';
const BEST_PEER = 'dd-trace';

/** What is asked of a scenario: an overhead, held against a peer's. */
const OVERHEADS = {
  bare: { title: 'bare http', by: YARDSTICK, must: 0.2, fightFor: 0.15 },
  full: { title: 'full app', by: YARDSTICK, must: 0.35, fightFor: 0.25 },
  calm: { title: 'full app, pool of 50', by: YARDSTICK, must: 0.35, fightFor: 0.25 },
  // OpenTelemetry's has no spans for it.
  queue: { title: 'queue', by: BEST_PEER, must: 0.4, fightFor: 0.3 },
  cold: { title: 'first 1,000 requests', by: YARDSTICK, must: 0.7, fightFor: 0.5 },
  unsampled: { title: 'full app, 1 % sampled', by: YARDSTICK, must: 0.35, fightFor: 0.25 },
  workers: { title: '8 worker threads', by: YARDSTICK, must: 0.35, fightFor: 0.25 },
  metrics: { title: 'full app, metrics and boundary logs', by: YARDSTICK, must: 0.4, fightFor: 0.35 },
  'metrics-bare': { title: 'bare http, metrics', by: YARDSTICK, must: 0.25, fightFor: 0.2 },
};

/** The table of what is to be reached, as far as it was measured. */
export function goals({ underLoad, lifetime }: Results): Goal[] {
  const both = (of: (name: string) => Goal['reached']): Pick<Goal, 'best' | 'reached'> => ({
    best: of(BEST_PEER),
    reached: of(OURS),
  });
  const found: Goal[] = [];
  for (const results of underLoad) {
    const { title, by, ...limits } = OVERHEADS[results.scenario.name];
    if (!results.generations.every((generation) => generation[by])) continue;
    found.push({
      title: `${title}: CPU overhead ÷ ${by}’s`,
      ...limits,
      ...both((name) => added(results, name, by).ofYardstick),
    });
    if (results.scenario.name !== 'bare') continue;
    found.push({
      title: 'peak RSS, bare saturated ÷ none',
      must: 1.8,
      fightFor: 1.4,
      ...both((name) => peakRatio(results, name)),
    });
  }
  if (!lifetime) return found;
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
  return [
    ...found,
    {
      title: 'start-up: added ms ÷ otel-auto’s',
      must: 0.12,
      fightFor: 0.08,
      ...both((name) => addedAtStart(lifetime, name, 'wallMs').ofYardstick),
    },
    {
      title: 'RSS added at start ÷ otel-auto’s',
      must: 0.4,
      fightFor: 0.25,
      ...both((name) => addedAtStart(lifetime, name, 'rss').ofYardstick),
    },
    {
      title: 'idle CPU beyond none, ms a second',
      must: 0.1,
      fightFor: 0.03,
      ...both((name) => lifetime.idle[name]! - bare((each) => lifetime.idle[each])),
    },
    {
      title: 'backend down: SIGTERM to exit',
      must: 2.3,
      fightFor: 1,
      unit: 's',
      ...both((name) => seconds(lifetime.shutdown[name]!.down)),
    },
    {
      title: 'backend hanging: SIGTERM to exit',
      must: 2.3,
      fightFor: 1,
      unit: 's',
      ...both((name) => seconds(lifetime.shutdown[name]!.hanging)),
    },
  ];
}
