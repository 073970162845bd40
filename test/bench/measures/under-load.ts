import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from '../contenders.ts';
import type { Load } from '../processes/load.ts';
import type { Scenario } from '../scenarios.ts';
import { shuffled, startObserved, type ObservedApp, type World } from '../world.ts';

/** One generation of one contender; per request, or per job where a request asks for several. */
export interface UnderLoad {
  /** Processor time, all threads, µs; its own export is in it. */
  cpuUs: number;
  /** Of it, not on the main thread: sender, garbage collection, compilation. */
  offMainUs: number;
  /** Received. */
  spans: number;
  perS: number;
  saturated: Pick<Load, 'p50Ms' | 'p99Ms'>;
  paced: Pick<Load, 'p50Ms' | 'p99Ms'>;
  /** Bytes. */
  peakRss: number;
}

interface Cpu {
  all: number;
  main: number;
}

/** How long an exporter that sends about every second is given to send the last of a slice. */
const SETTLE_MS = 1_500;
/** Connections at a fixed rate: enough that none of them is what a request waits for. */
const PACED_CONNECTIONS = 100;

export interface LoadPlan {
  /** Slices a contender gets. */
  rounds: number;
  /** How long the fixed rate is kept up, ms; 0: not measured. */
  paceMs: number;
  /** Requests a second; undefined: 40 % of what the slowest contender can do. */
  rate?: number;
}

/** Fresh processes for all contenders, warmed up, then loaded in turn, a slice at a time. */
export async function measureUnderLoad(
  world: World,
  scenario: Scenario,
  contenders: readonly Contender[],
  plan: LoadPlan,
): Promise<{ rate: number; samples: Record<string, UnderLoad> }> {
  const { path, connections, awake, perRequest } = scenario;
  const apps = await Promise.all(contenders.map((contender) => startObserved(world, contender, scenario)));
  try {
    const saturate = ({ port }: ObservedApp, requests: number): Promise<Load> =>
      world.load.ask('saturate', { port, path, connections, awake, requests });

    const isCold = scenario.warmUp === 0;
    const rounds = isCold ? 1 : plan.rounds;
    if (!isCold) for (const app of shuffled(apps)) await saturate(app, scenario.warmUp);
    await delay(SETTLE_MS);

    const before = new Map<ObservedApp, { cpu: Cpu; spans: number }>();
    const loads = new Map<ObservedApp, Load[]>();
    for (const app of apps) {
      before.set(app, { cpu: await app.child.ask<Cpu>('cpu'), spans: await app.spans() });
      loads.set(app, []);
    }
    for (let round = 0; round < rounds; round++) {
      for (const app of shuffled(apps)) loads.get(app)!.push(await saturate(app, scenario.slice));
    }
    await delay(SETTLE_MS);

    const samples: Record<string, UnderLoad> = {};
    for (const app of apps) {
      const start = before.get(app)!;
      const cpu = await app.child.ask<Cpu>('cpu');
      const count = rounds * scenario.slice * perRequest;
      const all = cpu.all - start.cpu.all;
      samples[app.contender.name] = {
        cpuUs: all / count,
        offMainUs: (all - (cpu.main - start.cpu.main)) / count,
        spans: ((await app.spans()) - start.spans) / count,
        perS: middle(loads.get(app)!.map((load) => (1000 * load.requests * perRequest) / load.elapsedMs)),
        saturated: latency(loads.get(app)!),
        paced: { p50Ms: NaN, p99Ms: NaN },
        peakRss: (await app.child.ask<{ peak: number }>('memory')).peak,
      };
    }
    // At a fixed rate it is a request that waits; jobs come in bunches, and a cold app is warm by now.
    if (plan.paceMs === 0 || perRequest > 1 || isCold) return { rate: 0, samples };
    const slowest = Math.min(...Object.values(samples).map((sample) => sample.perS));
    const rate = plan.rate ?? Math.round((0.4 * slowest) / 100) * 100;
    for (const app of shuffled(apps)) {
      const paced = { port: app.port, path, connections: PACED_CONNECTIONS, rate, ms: plan.paceMs };
      const { p50Ms, p99Ms } = await world.load.ask<Load>('pace', paced);
      samples[app.contender.name]!.paced = { p50Ms, p99Ms };
    }
    return { rate, samples };
  } finally {
    await Promise.all(apps.map((app) => app.close()));
  }
}

const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const latency = (loads: readonly Load[]): UnderLoad['saturated'] => ({
  p50Ms: middle(loads.map((load) => load.p50Ms)),
  p99Ms: middle(loads.map((load) => load.p99Ms)),
});
