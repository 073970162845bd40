import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeBinary, runFixture, type Collector, type ReceivedSpan } from '@foreshock/testkit';
import { spoolFiles, untilSpool } from './spool-state.ts';

const BIN = fileURLToPath(new URL('../../packages/foreshock/dist/bin.js', import.meta.url));
const CGROUP = '/sys/fs/cgroup/memory';
export const FINISHED = 20;
export const OPEN = 5;

/** The cause that the report names, and what the process is like from outside. */
export const WAYS = {
  throws: { cause: 'uncaught_error', exit: { code: 1, signal: null }, message: 'boom' },
  rejects: { cause: 'uncaught_error', exit: { code: 1, signal: null }, message: 'bang' },
  signal: { cause: 'signal', exit: { code: null, signal: 'SIGTERM' } },
  abort: { cause: 'abort', exit: { code: null, signal: 'SIGABRT' } },
  // By a signal, as is a crash in native code that leaves no core file.
  killed: { cause: 'signal', exit: { code: null, signal: 'SIGKILL' } },
  // A core file is there, as its limit is raised.
  crashed: { cause: 'native_crash', exit: { code: null, signal: 'SIGSEGV' } },
  // SIGTERM more than a second before, as by Kubernetes and Docker.
  stubborn: { cause: 'signal', exit: { code: null, signal: 'SIGKILL' } },
  hung: { cause: 'hung', exit: { code: null, signal: 'SIGKILL' } },
  heap: { cause: 'heap_limit', exit: { code: null, signal: 'SIGABRT' } },
  cgroup: { cause: 'oom_kill', exit: { code: null, signal: 'SIGKILL' } },
  itself: { cause: 'signal', exit: { code: null, signal: 'SIGKILL' } },
  // No core file: its limit is not raised.
  overflows: { cause: 'signal', exit: { code: null, signal: 'SIGSEGV' } },
  thread: {
    cause: 'uncaught_error',
    exit: { code: 1, signal: null },
    message: 'Worker terminated due to reaching memory limit: JS heap out of memory',
  },
  // A regular end.
  leaves: { cause: undefined, exit: { code: 3, signal: null } },
} satisfies Record<string, { cause: string | undefined; exit: Known['exit']; message?: string }>;
export type Way = keyof typeof WAYS;
/** For the matrix alone. */
export const SELDOM: readonly Way[] = ['itself', 'overflows', 'thread', 'leaves'];
/** One of each sort, where Node's version or the module system may matter. */
export const ELSEWHERE: readonly Way[] = ['throws', 'killed', 'heap'];

/** Version 1 of cgroups, and root. */
function makeCgroup(): string | undefined {
  const directory = join(CGROUP, `foreshock-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  try {
    mkdirSync(directory);
    writeFileSync(join(directory, 'memory.limit_in_bytes'), String(220 << 20));
    return directory;
  } catch {
    return undefined;
  }
}

/** By util-linux, where the kernel writes core files where the process runs. */
function raiseCoreLimit(pid: number): boolean {
  try {
    execFileSync('prlimit', ['--pid', String(pid), '--core=unlimited:unlimited'], { stdio: 'ignore' });
    return !/^[|%/]/.test(readFileSync('/proc/sys/kernel/core_pattern', 'latin1'));
  } catch {
    return false;
  }
}

const NODE_ARGS: Partial<Record<Way, string[]>> = {
  heap: ['--max-old-space-size=64'],
  // More than the kernel gives.
  overflows: ['--stack-size=65500'],
};

export type Node = 22 | 24 | 26;

async function die(
  collector: Collector,
  way: Way,
  base: string,
  service: string,
  file: string,
  node: Node,
  cgroup?: string,
) {
  const app = await runFixture(new URL(`./fixtures/${file}`, import.meta.url), {
    node,
    preload: file.endsWith('.cjs') ? 'require' : 'import',
    args: [way],
    nodeArgs: NODE_ARGS[way] ?? [],
    collector,
    cwd: base,
    readyTimeoutMs: 60_000,
    env: {
      FORESHOCK_SPOOL_DIR: base,
      OTEL_SERVICE_NAME: service,
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      ...(way === 'heap' && { FORESHOCK_HEAP_PROFILE: 'true' }),
    },
  });
  const { port } = await app.ready;
  if (way === 'crashed' && !raiseCoreLimit(app.pid)) return undefined;
  if (cgroup) writeFileSync(join(cgroup, 'cgroup.procs'), String(app.pid));
  const ask = (path: string): Promise<unknown> =>
    fetch(`http://127.0.0.1:${port}${path}`)
      .then((response) => response.text())
      .catch(() => {});
  for (let i = 0; i < FINISHED; i++) await ask(`/finished/${i}`);
  for (let i = 0; i < OPEN; i++) void ask(`/hang/${i}`);
  await untilSpool(base, app.pid, ({ finished, open }) => finished === FINISHED && open === OPEN);
  void ask('/die');
  if (way === 'killed') app.kill('SIGKILL');
  if (way === 'stubborn') {
    app.kill('SIGTERM');
    await untilSpool(
      base,
      app.pid,
      ({ heartbeat, endRequest }) =>
        heartbeat !== undefined && endRequest !== undefined && heartbeat.at - endRequest.at > 1_000,
    );
    app.kill('SIGKILL');
  }
  if (way === 'hung') {
    await untilSpool(base, app.pid, ({ heartbeat }) => (heartbeat?.blockedMs ?? 0) >= 1_500);
    app.kill('SIGKILL');
  }
  const { code, signal } = await app.exited;
  return { code, signal };
}

/** `foreshock recover`: the reports that it writes. */
async function recover(collector: Collector, directory: string): Promise<any[]> {
  const { stdout } = await promisify(execFile)(nodeBinary(24), [BIN, 'recover', directory], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const pathOf = (span: ReceivedSpan): string => String(span.attributes['url.path']);
const numbered = (path: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${path}${i}`).toSorted();

/** What is known of a process afterwards. */
export interface Known {
  exit: { code: number | null; signal: string | null };
  finished: string[];
  interrupted: string[];
  causes: unknown[];
  /** Whether the report has a link to each. */
  linked: boolean;
  logged: unknown[];
  heartbeats: boolean;
  exceptions: unknown[];
  /** Who allocated what filled the heap. */
  allocatedBy: string[];
  left: string[];
}

/** Undefined where this machine does not allow the way. */
export async function knownOf(collector: Collector, way: Way, file: string, node: Node): Promise<Known | undefined> {
  const cgroup = way === 'cgroup' ? makeCgroup() : undefined;
  if (way === 'cgroup' && !cgroup) return undefined;
  const base = mkdtempSync(join(tmpdir(), 'foreshock-crash-'));
  const service = `crash ${node} ${file} ${way}`;
  try {
    const exit = await die(collector, way, base, service, file, node, cgroup);
    if (!exit) return undefined;
    const reports = await recover(collector, base);
    const own = collector.spans.filter((span) => span.resource['service.name'] === service);
    const at = (path: string): ReceivedSpan[] => own.filter((span) => pathOf(span).startsWith(path));
    const died = own.filter(({ name }) => name === 'process.died');
    const links = new Set(died.flatMap((span) => span.links.map(({ spanId }) => spanId)));
    const events = died.flatMap((span) => span.events);
    return {
      exit,
      finished: at('/finished/')
        .filter((span) => !span.attributes['foreshock.interrupted'])
        .map(pathOf)
        .toSorted(),
      interrupted: at('/hang/')
        .filter((span) => span.attributes['foreshock.interrupted'])
        .map(pathOf)
        .toSorted(),
      causes: died.map((span) => span.attributes['process.died.cause']),
      linked: at('/hang/').every(({ spanId }) => links.has(spanId)),
      logged: reports.map(({ cause }) => cause),
      heartbeats: events.some(({ name }) => name === 'process.heartbeat'),
      exceptions: events.flatMap(({ attributes }) => attributes?.['exception.message'] ?? []),
      allocatedBy: died.flatMap(
        (span) => /\/(\w+\.cjs):/.exec(String(span.attributes['process.died.allocated_by']))?.[1] ?? [],
      ),
      left: spoolFiles(base).filter((path) => !path.endsWith('.heapprofile') && path !== join(base, 'core')),
    };
  } finally {
    if (cgroup) rmdirSync(cgroup);
    rmSync(base, { recursive: true, force: true });
  }
}

export function expectedOf(way: Way): Known {
  const { cause, exit, message }: { cause: string | undefined; exit: Known['exit']; message?: string } = WAYS[way];
  // A process that knows its end reports it itself; of the others it is found afterwards, and logged.
  const isKnown = ['throws', 'rejects', 'signal', 'abort', 'itself', 'thread', 'leaves'].includes(way);
  return {
    exit,
    finished: numbered('/finished/', FINISHED),
    interrupted: numbered('/hang/', OPEN),
    causes: cause === undefined ? [] : [cause],
    linked: cause !== undefined,
    logged: isKnown ? [] : [cause],
    heartbeats: !isKnown,
    exceptions: message ? [message] : [],
    allocatedBy: way === 'heap' ? ['service.cjs'] : [],
    left: [],
  };
}
