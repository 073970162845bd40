import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { contenders, type Beside, type Contender } from './contenders.ts';
import { measureIdle } from './measures/idle.ts';
import { measureShutdown } from './measures/shutdown.ts';
import { measureStartUp } from './measures/start-up.ts';
import { measureUnderLoad } from './measures/under-load.ts';
import { installPeers } from './peers.ts';
import { leaveToApp } from './place.ts';
import { profile } from './profile.ts';
import { report } from './report.ts';
import { describeMachine, versionsOf, type Lifetime, type Results, type UnderLoadResults } from './results.ts';
import { scenarios, type Scenario } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

const RESULTS = new URL('./results/', import.meta.url);
const README = new URL('./README.md', import.meta.url);

/** How much of everything; generations go on until the time is up. */
const FULL = {
  startUps: 10,
  rounds: 3,
  paceMs: 1_500,
  idleMs: 10_000,
  shutdown: { loadMs: 10_000, limitMs: 20_000 },
  generations: 5,
  minutes: 16,
};
const QUICK: typeof FULL = {
  startUps: 2,
  rounds: 2,
  paceMs: 400,
  idleMs: 2_500,
  shutdown: { loadMs: 1_000, limitMs: 4_000 },
  generations: 1,
  minutes: 1.6,
};

/** One scenario, nothing else: for work on the path of a span. */
const ONE_SCENARIO: typeof FULL = { ...FULL, rounds: 4, paceMs: 0, generations: 3, minutes: 4 };

/** `npm run bench`: see README.md beside this file. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      scenario: { type: 'string' },
      profile: { type: 'string' },
      contender: { type: 'string', default: 'foreshock' },
      before: { type: 'string' },
      spool: { type: 'boolean', default: false },
    },
  });
  const asked = values.scenario ?? values.profile;
  const chosen = scenarios(values.quick).filter(({ name, onRequest }) =>
    asked === undefined ? !onRequest : name === asked,
  );
  if (chosen.length === 0) throw new Error(`there is no scenario ${asked}`);
  installPeers();
  leaveToApp();
  const world = await createWorld();
  try {
    mkdirSync(RESULTS, { recursive: true });
    if (values.profile !== undefined) return await profile(world, chosen[0]!, values.contender, RESULTS);
    const plan = values.quick ? QUICK : values.scenario === undefined ? FULL : ONE_SCENARIO;
    const results = await run(world, plan, chosen, values.scenario === undefined, {
      before: values.before,
      spool: values.spool,
    });
    results.quick = values.quick;
    const markdown = report(results);
    const name = results.at.slice(0, 19).replaceAll(':', '-') + (values.quick ? '-quick' : '');
    writeFileSync(new URL(`${name}.json`, RESULTS), JSON.stringify(results, undefined, 1));
    writeFileSync(new URL(`${name}.md`, RESULTS), `${markdown}\n`);
    process.stdout.write(`${markdown}\n\ntest/bench/results/${name}.{json,md}\n`);
    if (values.record) recordInReadme(markdown);
  } finally {
    await world.close();
  }
}

async function run(
  world: World,
  plan: typeof FULL,
  chosen: Scenario[],
  wholeLife: boolean,
  beside: Beside,
): Promise<Results> {
  const started = performance.now();
  const minutes = (): number => (performance.now() - started) / 60_000;
  const say = (text: string): void => void process.stderr.write(`${minutes().toFixed(1)} min  ${text}\n`);
  // Whoever has no time does without the leaner of two that cost nearly the same.
  const all = contenders(beside).filter(({ name }) => plan !== QUICK || name !== 'otel-lean');
  const machine = describeMachine();
  const lifetime = wholeLife ? await measureLifetime(world, all, plan, say) : undefined;

  const underLoad: UnderLoadResults[] = chosen.map((scenario) => ({ scenario, rate: 0, generations: [] }));
  const start = minutes();
  for (let generation = 1; generation <= plan.generations; generation++) {
    for (const each of underLoad.flatMap((one) => Array<UnderLoadResults>(one.scenario.repeat ?? 1).fill(one))) {
      say(`generation ${generation}, ${each.scenario.name}`);
      const { rounds, paceMs } = plan;
      const load = { rounds, paceMs, ...(each.rate > 0 && { rate: each.rate }) };
      const { rate, samples } = await measureUnderLoad(world, each.scenario, all, load);
      each.rate = rate;
      each.generations.push(samples);
    }
    const perGeneration = (minutes() - start) / generation;
    if (minutes() + perGeneration > plan.minutes) break;
  }
  return {
    at: new Date().toISOString(),
    quick: false,
    minutes: minutes(),
    machine,
    versions: [...versionsOf(all), ...world.versions],
    contenders: all.map(({ name }) => name),
    underLoad,
    ...(lifetime && { lifetime }),
  };
}

async function measureLifetime(
  world: World,
  all: readonly Contender[],
  plan: typeof FULL,
  say: (text: string) => void,
): Promise<Lifetime> {
  say('start-up');
  const start = await measureStartUp(world, all, plan.startUps);
  say('idle, and backends down and hanging');
  let shutdown: Lifetime['shutdown'] = {};
  const idle = await measureIdle(world, all, plan.idleMs, async () => {
    shutdown = await measureShutdown(world, all, plan.shutdown);
  });
  return { ...start, idle, shutdown };
}

/** Puts the tables between the marks in the README, where the last full run is kept. */
function recordInReadme(markdown: string): void {
  const [open, close] = ['<!-- last run -->', '<!-- /last run -->'];
  const text = readFileSync(README, 'utf8');
  const [before, after] = [text.indexOf(open), text.indexOf(close)];
  if (before < 0 || after < before) throw new Error('test/bench/README.md has lost its marks');
  writeFileSync(README, `${text.slice(0, before + open.length)}\n\n${markdown}\n\n${text.slice(after)}`);
}
