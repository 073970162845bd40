import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from '../contenders.ts';
import { startObserved, type World } from '../world.ts';

/** What requests leave to do: exports, `pg` closing idle connections after 10 s, the garbage collector's second thoughts. */
const SETTLE_MS = 12_000;

/**
 * Processor time of a service nobody calls, ms a second.
 *
 * @param meanwhile what else can be done while the apps come to rest
 */
export async function measureIdle(
  world: World,
  contenders: readonly Contender[],
  ms: number,
  meanwhile: () => Promise<void>,
): Promise<Record<string, number>> {
  const apps = await Promise.all(contenders.map((contender) => startObserved(world, contender, { app: 'full.cjs' })));
  for (const { port } of apps) {
    await world.load.ask('saturate', { port, path: '/orders/7', connections: 5, awake: false, requests: 100 });
  }
  await Promise.all([delay(SETTLE_MS), meanwhile()]);
  const before = [];
  for (const app of apps) before.push(await app.child.ask<{ all: number }>('cpu'));
  await delay(ms);
  const samples: Record<string, number> = {};
  for (const [index, app] of apps.entries()) {
    const { all } = await app.child.ask<{ all: number }>('cpu');
    samples[app.contender.name] = (all - before[index]!.all) / ms;
  }
  await Promise.all(apps.map((app) => app.close()));
  return samples;
}
