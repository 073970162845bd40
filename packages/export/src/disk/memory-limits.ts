import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';

/** Zero where unknown. */
export interface KernelMemory {
  /** Of the cgroup, without what the kernel can drop, bytes. */
  readonly used: number;
  /** Of the cgroup, bytes; 0 without a limit. */
  readonly limit: number;
  /** On the machine, since boot. */
  readonly oomKills: number;
  readonly cgroupOomKills: number;
  /** Of the machine, bytes. */
  readonly available: number;
}

/** cgroup v1's "no limit" is a huge number. */
const NO_LIMIT = 2 ** 60;

interface CgroupFiles {
  readonly used: string;
  readonly limit: string;
  /** Has a line `oom_kill <n>`. */
  readonly events: string;
  /** Names the bytes of unused file cache. */
  readonly stat: string;
  readonly cacheLine: RegExp;
}

/** Below this part of the limit the file cache is irrelevant. */
const FULL = 0.7;

let files: CgroupFiles | undefined;
let limit = 0;

/** Reads about ten small files: the process may have changed its cgroup. */
export function readKernelMemory(): KernelMemory {
  files = findCgroup();
  const given = files ? numberIn(files.limit) : 0;
  limit = given < NO_LIMIT ? given : 0;
  return {
    used: readCgroupUsed(),
    limit,
    oomKills: kills('/proc/vmstat'),
    cgroupOomKills: files ? kills(files.events) : 0,
    // `MemAvailable` of /proc/meminfo (uv_get_free_memory, deps/uv/src/unix/linux.c).
    available: freemem(),
  };
}

/** Of the cgroup found last; bytes, with the file cache. */
export function readCgroupUsed(): number {
  if (!files) return 0;
  const used = numberIn(files.used);
  return limit === 0 || used < FULL * limit ? used : Math.max(0, used - lineOf(files.stat, files.cacheLine));
}

/** cgroups(7): v2 has one hierarchy, `0::<path>`; v1 one for memory. */
function findCgroup(): CgroupFiles | undefined {
  const lines = read('/proc/self/cgroup').split('\n');
  const one = lines.find((line) => /^\d+:(?:.*,)?memory(?:,.*)?:/.test(line));
  const path = (one ?? lines.find((line) => line.startsWith('0::')) ?? '').replace(/^[^:]*:[^:]*:/, '');
  const root = one ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup';
  const names = one
    ? { used: 'memory.usage_in_bytes', limit: 'memory.limit_in_bytes', events: 'memory.oom_control' }
    : { used: 'memory.current', limit: 'memory.max', events: 'memory.events' };
  const cacheLine = one ? /^total_inactive_file (\d+)$/m : /^inactive_file (\d+)$/m;
  // In a container its cgroup is the root.
  for (const directory of [`${root}${path}`, root]) {
    if (read(`${directory}/${names.used}`) === '') continue;
    return {
      used: `${directory}/${names.used}`,
      limit: `${directory}/${names.limit}`,
      events: `${directory}/${names.events}`,
      stat: `${directory}/memory.stat`,
      cacheLine,
    };
  }
  return undefined;
}

function numberIn(file: string): number {
  const number = Number.parseInt(read(file), 10);
  return Number.isFinite(number) ? number : 0;
}

function kills(file: string): number {
  return lineOf(file, /^oom_kill (\d+)$/m);
}

function lineOf(file: string, line: RegExp): number {
  return Number(line.exec(read(file))?.[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
