import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contenders } from './contenders.ts';
import { moveAside } from './place.ts';
import type { Scenario } from './scenarios.ts';
import { startObserved, type ObservedApp, type World } from './world.ts';

/** V8's formats, what of them is read here. */
interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

interface CpuProfile {
  nodes: {
    id: number;
    callFrame: CallFrame;
    children?: number[];
    positionTicks?: { line: number; ticks: number }[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

interface AllocationProfile {
  head: { callFrame: CallFrame; selfSize: number; children: AllocationProfile['head'][] };
}

/** Either of them: what a function spent itself, and what it called. */
interface Frame {
  callFrame: CallFrame;
  /** µs or bytes. */
  self: number;
  children: Frame[];
}

/** Per request, on the main thread. */
interface Costs {
  /** By place, self. */
  places: Map<string, number>;
  /** By function of the tracer's own files, self. */
  own: Map<string, number>;
  /** By function of the tracer's own files, with what it calls. */
  inclusive: Map<string, number>;
  total: number;
}

const SLICES = 6;
const INTERVAL_US = 100;

/**
 * Where a contender's microseconds go, and what it allocates: profiles of it and of the bare app, after warm-up, and
 * the difference. Profilers themselves cost, so the sums are larger than the benchmark's; the proportions are what it is for.
 */
export async function profile(world: World, scenario: Scenario, name: string, results: URL): Promise<void> {
  const all = contenders();
  const contender = all.find((each) => each.name === name);
  if (!contender) throw new Error(`there is no contender ${name}`);
  const requests = scenario.warmUp > 0 ? SLICES * scenario.slice : scenario.slice;
  const count = requests * scenario.perRequest;
  const apps = [await startObserved(world, all[0]!, scenario), await startObserved(world, contender, scenario)];
  const saturate = ({ port }: ObservedApp, some: number): Promise<unknown> => {
    const { path, connections, awake } = scenario;
    return world.load.ask('saturate', { port, path, connections, awake, requests: some });
  };
  // In turn, so that what moves the machine moves both.
  const load = async (): Promise<void> => {
    for (let slice = 0; slice < SLICES; slice++) {
      for (const app of apps) await saturate(app, Math.ceil(requests / SLICES));
    }
  };
  const taken = async <T>(ask: string, extension: string, frames: (profile: T) => Frame): Promise<Costs[]> => {
    const costs: Costs[] = [];
    for (const app of apps) {
      const result = await app.child.ask<T>(ask);
      const file = `${app.contender.name.replaceAll(/\W+/g, '-')}-${scenario.name}.${extension}`;
      writeFileSync(new URL(file, results), JSON.stringify(result));
      costs.push(readCosts(frames(result), count));
    }
    return costs;
  };
  if (scenario.warmUp > 0) for (const app of apps) await saturate(app, scenario.warmUp);

  for (const app of apps) {
    await app.child.ask('startProfile', { intervalUs: INTERVAL_US });
    for (const thread of threadsOf(app.child.process.pid!)) if (thread.name === 'v8:ProfEvntProc') moveAside(thread.id);
  }
  const before = apps.map((app) => threadsOf(app.child.process.pid!));
  await load();
  const threads = apps.map((app, index) =>
    threadsOf(app.child.process.pid!).map(({ name: threadName, id, us }) => {
      const earlier = before[index]!.find((thread) => thread.id === id)?.us ?? 0;
      return { name: threadName, id, us: (us - earlier) / count };
    }),
  );
  let lines = '';
  const time = await taken('stopProfile', 'cpuprofile', (cpu: CpuProfile) => {
    // Of the last one, the contender's.
    lines = hotLines(cpu, count);
    return cpuFrames(cpu);
  });

  for (const app of apps) await app.child.ask('startAllocations');
  await load();
  const bytes = await taken('stopAllocations', 'heapprofile', allocationFrames);
  for (const app of apps) await app.close();

  process.stdout.write(
    `${scenario.title}\n\n${describe(time, 'µs', contender.name)}\n\n${lines}\n\n${describeThreads(threads)}\n\n` +
      `${describe(bytes, 'bytes allocated', contender.name)}\n`,
  );
}

function cpuFrames({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, { callFrame, self: 0, children: [] as Frame[] }]));
  for (const { id, children = [] } of nodes) frames.get(id)!.children = children.map((child) => frames.get(child)!);
  for (const [index, id] of samples.entries()) frames.get(id)!.self += timeDeltas[index]!;
  return frames.get(nodes[0]!.id)!;
}

/** The lines of the tracer's files that take longest. */
function hotLines({ nodes, samples, timeDeltas }: CpuProfile, requests: number): string {
  const usPerTick = timeDeltas.reduce((sum, delta) => sum + delta, 0) / samples.length;
  const spent = new Map<string, number>();
  for (const { callFrame, positionTicks = [] } of nodes) {
    const { place, isTracer } = placeOf(callFrame, '');
    if (!isTracer) continue;
    for (const { line, ticks } of positionTicks) {
      const text = sourceOf(pathOf(callFrame.url))[line - 1]?.trim().slice(0, 100) ?? '';
      // The line of another file, whose function was inlined here.
      if (text.startsWith('*')) continue;
      const label = `${place}  ${text}`;
      spent.set(label, (spent.get(label) ?? 0) + (ticks * usPerTick) / requests);
    }
  }
  return `own lines:\n${ranking(spent, 40, 2)}`;
}

function allocationFrames(profile: AllocationProfile): Frame {
  const frame = ({ callFrame, selfSize, children }: AllocationProfile['head']): Frame => ({
    callFrame,
    self: selfSize,
    children: children.map(frame),
  });
  return frame(profile.head);
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

function readCosts(root: Frame, requests: number): Costs {
  const costs: Costs = { places: new Map(), own: new Map(), inclusive: new Map(), total: 0 };
  const add = (map: Map<string, number>, key: string, spent: number): void =>
    void map.set(key, (map.get(key) ?? 0) + spent);
  const walk = ({ callFrame, self, children }: Frame, above: ReadonlySet<string>, caller: string): void => {
    const spent = self / requests;
    const { place, isTracer } = placeOf(callFrame, caller);
    const label = `${callFrame.functionName || '(anonymous)'}  ${place}`;
    const here = isTracer && !above.has(label) ? new Set([...above, label]) : above;
    if (!LEFT_OUT.has(place)) {
      costs.total += spent;
      add(costs.places, place, spent);
      if (isTracer) add(costs.own, label, spent);
      for (const frame of here) add(costs.inclusive, frame, spent);
    }
    for (const child of children) walk(child, here, callFrame.url ? place : caller);
  };
  walk(root, new Set(), '');
  return costs;
}

/** No work, and the profiler's own. */
const LEFT_OUT = new Set(['(idle)', '(root)', 'node:inspector']);
const MODULES = '/node_modules/';
const sources = new Map<string, string[]>();
const bundles = new Map<string, string[]>();

const pathOf = (url: string): string => (url.startsWith('file:') ? fileURLToPath(url) : url);

function sourceOf(path: string): string[] {
  let lines = sources.get(path);
  if (!lines) sources.set(path, (lines = readFileSync(path, 'utf8').split('\n')));
  return lines;
}

/** The module a function was written in: the bundle's comments say which file each part of it comes from. */
function placeOf({ functionName, url, lineNumber }: CallFrame, caller: string): { place: string; isTracer: boolean } {
  if (!url)
    return {
      place: functionName.startsWith('(') ? functionName : `native ${functionName} ← ${caller}`,
      isTracer: false,
    };
  if (url.startsWith('node:')) return { place: url, isTracer: false };
  const path = pathOf(url);
  if (path.endsWith('/preload.cjs') && path.includes('/foreshock/dist/')) {
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
    lines = sourceOf(bundle).map((text) => {
      const path = /^ *\/\/ (\S+\.(?:[cm]?js|ts))$/.exec(text)?.[1];
      if (path) source = path.replace(/^.*node_modules\//, '').replace(/^(?:\.\.\/)+|packages\//g, '');
      return source;
    });
    bundles.set(bundle, lines);
  }
  return lines[line] ?? '(bundle)';
}

function ranking(spent: ReadonlyMap<string, number>, count: number, digits: number): string {
  return [...spent]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([label, value]) => `${value.toFixed(digits).padStart(8)}  ${label}`)
    .join('\n');
}

function describe([bare, traced]: readonly Costs[], unit: string, name: string): string {
  const digits = unit === 'µs' ? 2 : 0;
  const more = new Map<string, number>();
  for (const place of new Set([...bare!.places.keys(), ...traced!.places.keys()])) {
    more.set(place, (traced!.places.get(place) ?? 0) - (bare!.places.get(place) ?? 0));
  }
  return [
    `${name} ${traced!.total.toFixed(1)}, bare ${bare!.total.toFixed(1)} ${unit} a request on the main thread, under the profiler`,
    `by place, self, beyond the bare app:\n${ranking(more, 60, digits)}`,
    `own functions, self:\n${ranking(traced!.own, 40, digits)}`,
    `own functions, with what they call:\n${ranking(traced!.inclusive, 40, digits)}`,
  ].join('\n\n');
}
