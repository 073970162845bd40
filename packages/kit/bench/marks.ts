/**
 * What a value of ours for a library's object costs, as a symbol property and in a `WeakMap`, in nanoseconds:
 * `node packages/kit/bench/marks.ts`. Each way runs in a process of its own; the best round counts.
 *
 * 2026-11-30, Node 24.21, two shared cores:
 *
 * |         | an object a call | an object a connection |
 * | ------- | ---------------- | ---------------------- |
 * | none    | 19               | 1                      |
 * | symbol  | 22               | 2                      |
 * | WeakMap | 880              | 17                     |
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MARK = Symbol('mark');
const COUNT = 500_000;
const ROUNDS = 12;
/** Objects of calls that are under way. */
const OPEN = 1_000;
const CONNECTIONS = 100;

interface Marked {
  name: string;
  [MARK]?: object;
}

interface Marks {
  get(owner: Marked): object | undefined;
  set(owner: Marked, value: object): void;
}

class Call implements Marked {
  readonly name = 'get';
  readonly args = ['key'];
  resolve: unknown = undefined;
  reject: unknown = undefined;
}

const mark = { mark: 1 };
const symbols: Marks = {
  get: (owner) => owner[MARK],
  set: (owner, value) => void (owner[MARK] = value),
};
const weak = (): Marks => {
  const marks = new WeakMap<Marked, object>();
  return { get: (owner) => marks.get(owner), set: (owner, value) => void marks.set(owner, value) };
};
const none: Marks = { get: () => mark, set() {} };

/** An object for each call: marked once, read twice. */
function calls(marks: Marks): number {
  const open: Marked[] = Array.from({ length: OPEN });
  let found = 0;
  for (let i = 0; i < COUNT; i++) {
    const call = new Call();
    marks.set(call, mark);
    open[i % OPEN] = call;
    if (marks.get(open[(i * 7) % OPEN] ?? call)) found++;
    if (marks.get(call)) found++;
  }
  return found;
}

/** An object for each connection: read once a request. Marking it costs what it costs for a call. */
function connections(marks: Marks): number {
  const open = Array.from({ length: CONNECTIONS }, () => new Call());
  for (const each of open) marks.set(each, mark);
  let found = 0;
  for (let i = 0; i < COUNT; i++) if (marks.get(open[i % CONNECTIONS]!)) found++;
  return found;
}

const WAYS: Record<string, () => Marks> = { none: () => none, symbol: () => symbols, WeakMap: weak };

function measure(way: string): Record<string, number> {
  const best: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries({ 'an object a call': calls, 'an object a connection': connections })) {
      const start = process.cpuUsage();
      run(WAYS[way]!());
      const { user, system } = process.cpuUsage(start);
      best[name] = Math.min(best[name] ?? Infinity, ((user + system) * 1_000) / COUNT);
    }
  }
  return best;
}

const [way] = process.argv.slice(2);
if (way) {
  console.log(JSON.stringify(measure(way)));
} else {
  const costs: Record<string, unknown> = {};
  for (const each of Object.keys(WAYS)) {
    const { stdout } = spawnSync(process.execPath, ['--no-warnings', fileURLToPath(import.meta.url), each]);
    costs[each] = JSON.parse(String(stdout));
  }
  console.log(`Node ${process.version}, nanoseconds of CPU`);
  console.table(costs);
}
