import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contenders } from './contenders.ts';
import { moveAside } from './place.ts';
import type { Scenario } from './scenarios.ts';
import { startObserved, type ObservedApp, type World } from './world.ts';

/** V8's format, what of it is read here. */
interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    hitCount?: number;
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/** µs per request, main thread. */
interface Costs {
  /** By place, self time. */
  places: Map<string, number>;
  /** By function of the tracer's own files, self time. */
  own: Map<string, number>;
  /** By function of the tracer's own files, with what it calls. */
  inclusive: Map<string, number>;
  total: number;
}

const REQUESTS: Record<string, number> = { bare: 60_000, full: 15_000 };
const SLICES = 6;
const INTERVAL_US = 100;

/**
 * Where a contender's microseconds go: a profile of it and of the bare app, after warm-up, and the difference.
 * The profiler itself costs, so the sums are larger than the benchmark's; the proportions are what it is for.
 */
export async function profile(world: World, scenario: Scenario, name: string, results: URL): Promise<void> {
  const all = contenders();
  const contender = all.find((each) => each.name === name);
  if (!contender) throw new Error(`there is no contender ${name}`);
  const requests = REQUESTS[scenario.name]!;
  const apps = [await startObserved(world, all[0]!, scenario.app), await startObserved(world, contender, scenario.app)];
  const saturate = ({ port }: ObservedApp, count: number): Promise<unknown> => {
    const { path, connections, awake } = scenario;
    return world.load.ask('saturate', { port, path, connections, awake, requests: count });
  };
  for (const app of apps) await saturate(app, scenario.warmUp);
  for (const app of apps) {
    await app.child.ask('startProfile', { intervalUs: INTERVAL_US });
    for (const { name, id } of threadsOf(app.child.process.pid!)) if (name === 'v8:ProfEvntProc') moveAside(id);
  }
  const before = apps.map((app) => threadsOf(app.child.process.pid!));
  // In turn, so that what moves the machine moves both.
  for (let slice = 0; slice < SLICES; slice++) {
    for (const app of apps) await saturate(app, requests / SLICES);
  }
  const threads = apps.map((app, index) =>
    threadsOf(app.child.process.pid!).map(({ name: threadName, id, us }) => {
      const earlier = before[index]!.find((thread) => thread.id === id)?.us ?? 0;
      return { name: threadName, id, us: (us - earlier) / requests };
    }),
  );
  const taken: Costs[] = [];
  for (const app of apps) {
    const cpuProfile = await app.child.ask<CpuProfile>('stopProfile');
    const file = new URL(`${app.contender.name.replaceAll(/\W+/g, '-')}-${scenario.name}.cpuprofile`, results);
    writeFileSync(file, JSON.stringify(cpuProfile));
    taken.push(readCosts(cpuProfile, requests));
    await app.close();
  }
  const [bare, traced] = taken as [Costs, Costs];
  process.stdout.write(`${describe(bare, traced, contender.name, scenario.title)}\n\n${describeThreads(threads)}\n`);
}

interface Thread {
  name: string;
  id: number;
  /** Processor time so far. */
  us: number;
}

/** Linux only: elsewhere none. */
function threadsOf(pid: number): Thread[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).map((id) => ({
    name: Number(id) === pid ? 'main' : readFileSync(`${tasks}/${id}/comm`, 'utf8').trim(),
    id: Number(id),
    us: Number(readFileSync(`${tasks}/${id}/schedstat`, 'utf8').split(' ')[0]) / 1000,
  }));
}

function describeThreads([bare, traced]: readonly Thread[][]): string {
  const list = (threads: readonly Thread[]): string =>
    threads
      .toSorted((a, b) => b.us - a.us)
      .filter(({ name, us }) => us >= 0.01 && name !== 'v8:ProfEvntProc')
      .map(({ name, us }) => `${us.toFixed(2)} ${name}`)
      .join(', ');
  return `processor time by thread, µs a request:\n  bare:   ${list(bare!)}\n  traced: ${list(traced!)}`;
}

function readCosts({ nodes, samples, timeDeltas }: CpuProfile, requests: number): Costs {
  const self = new Map<number, number>();
  for (const [index, id] of samples.entries()) self.set(id, (self.get(id) ?? 0) + timeDeltas[index]!);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const costs: Costs = { places: new Map(), own: new Map(), inclusive: new Map(), total: 0 };
  const add = (map: Map<string, number>, key: string, us: number): void =>
    void map.set(key, (map.get(key) ?? 0) + us / requests);

  const walk = (id: number, above: ReadonlySet<string>, caller: string): void => {
    const { callFrame, children = [] } = byId.get(id)!;
    const us = self.get(id) ?? 0;
    const { place, isTracer } = placeOf(callFrame, caller);
    const label = `${callFrame.functionName || '(anonymous)'}  ${place}`;
    const here = isTracer && !above.has(label) ? new Set([...above, label]) : above;
    if (!LEFT_OUT.has(place)) {
      costs.total += us / requests;
      add(costs.places, place, us);
      if (isTracer) add(costs.own, label, us);
      for (const frame of here) add(costs.inclusive, frame, us);
    }
    for (const child of children) walk(child, here, callFrame.url ? place : caller);
  };
  walk(nodes[0]!.id, new Set(), '');
  return costs;
}

/** No work, and the profiler's own. */
const LEFT_OUT = new Set(['(idle)', '(root)', 'node:inspector']);
const MODULES = '/node_modules/';
const bundles = new Map<string, string[]>();

/** The module a function was written in: the bundle's comments say which file each part of it comes from. */
function placeOf(
  { functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame'],
  caller: string,
): { place: string; isTracer: boolean } {
  if (!url)
    return {
      place: functionName.startsWith('(') ? functionName : `native ${functionName} ← ${caller}`,
      isTracer: false,
    };
  if (url.startsWith('node:')) return { place: url, isTracer: false };
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  if (path.endsWith('/register.cjs') && path.includes('/foreshock/dist/')) {
    return { place: `foreshock: ${sourceIn(path, lineNumber)}`, isTracer: true };
  }
  const at = path.lastIndexOf(MODULES);
  if (at < 0) return { place: `app: ${path.slice(path.lastIndexOf('/') + 1)}`, isTracer: false };
  const within = path.slice(at + MODULES.length).split('/');
  const name = within.slice(0, within[0]!.startsWith('@') ? 2 : 1).join('/');
  return { place: name, isTracer: path.includes('/test/bench/peers/') };
}

function sourceIn(bundle: string, line: number): string {
  let lines = bundles.get(bundle);
  if (!lines) {
    // esbuild puts `// path` before each file; every line is given the last one above it.
    let source = '(bundle)';
    lines = readFileSync(bundle, 'utf8')
      .split('\n')
      .map((text) => {
        const path = /^ *\/\/ (\S+\.(?:[cm]?js|ts))$/.exec(text)?.[1];
        if (path) source = path.replace(/^.*node_modules\//, '').replace(/^(?:\.\.\/)+|packages\//g, '');
        return source;
      });
    bundles.set(bundle, lines);
  }
  return lines[line] ?? '(bundle)';
}

function describe(bare: Costs, traced: Costs, name: string, title: string): string {
  const us = (value: number): string => value.toFixed(2).padStart(8);
  const top = (map: Map<string, number>, count: number): [string, number][] =>
    [...map].sort(([, a], [, b]) => b - a).slice(0, count);
  const more = new Map<string, number>();
  for (const place of new Set([...bare.places.keys(), ...traced.places.keys()])) {
    more.set(place, (traced.places.get(place) ?? 0) - (bare.places.get(place) ?? 0));
  }
  const list = (rows: [string, number][]): string => rows.map(([label, value]) => `${us(value)}  ${label}`).join('\n');
  return [
    `${title}\n${name} ${traced.total.toFixed(1)} µs, bare ${bare.total.toFixed(1)} µs a request on the main thread, under the profiler`,
    `by place, self time, beyond the bare app:\n${list(top(more, 60))}`,
    `own functions, self time:\n${list(top(traced.own, 40))}`,
    `own functions, with what they call:\n${list(top(traced.inclusive, 40))}`,
  ].join('\n\n');
}
