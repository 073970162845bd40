import { join } from 'node:path';
import { lineOfRun, scoreOwnRuns, sumOfRuns } from './own-runs.ts';
import { scorePairs, sumOfPairs } from './pairs.ts';
import { FULL, recordRuns, SMALL, type Runs } from './record-runs.ts';

/** What of the project's own examples is played and scored. */
export interface OwnOptions {
  /** Runs that are there already are scored, and nothing is played. */
  runs?: string | undefined;
  full: boolean;
  /** Only this fault. */
  fault?: string | undefined;
}

/** Plays faults on examples/checkout, and scores what is said of them: with Foreshock's attributes, and without. */
export async function scoreOwn({ runs, full, fault }: OwnOptions): Promise<void> {
  const folder = runs ?? join(import.meta.dirname, 'results', full ? 'full' : 'small');
  if (runs === undefined) {
    const all: Runs = full ? FULL : SMALL;
    await recordRuns(folder, fault === undefined ? all : { ...all, faults: [fault], healthy: 0 });
  }
  for (const [name, isPlain] of [
    ['with attributes', false],
    ['plain', true],
  ] as const) {
    const scored = await scoreOwnRuns(folder, isPlain);
    if (scored.length === 0) return console.log(`no runs in ${folder}`);
    for (const run of scored) console.log(lineOfRun(run));
    console.log(`${sumOfRuns(name, scored)}\n`);
  }
  const pairs = await scorePairs(folder);
  for (const { faults, apartMs, said } of pairs)
    console.log(`  ${`${faults.join(', ')} after ${apartMs} ms`.padEnd(56)} ${said ?? 'not both named'}`);
  console.log(sumOfPairs(pairs));
}
