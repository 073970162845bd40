import { readFileSync } from 'node:fs';

/** Zero where unknown. */
export interface KernelMemory {
  /** Of the cgroup, bytes. */
  readonly used: number;
  /** Of the cgroup, bytes; 0 without a limit. */
  readonly limit: number;
  /** On the machine, since boot. */
  readonly oomKills: number;
  readonly cgroupOomKills: number;
}

/** cgroup v1 writes "no limit" as a huge number. */
const NO_LIMIT = 2 ** 60;

interface CgroupFiles {
  readonly used: string;
  readonly limit: string;
  /** Has a line `oom_kill <n>`. */
  readonly events: string;
}

let files: CgroupFiles | undefined;

/** Reads about ten small files; the process may have moved to another cgroup. */
export function readKernelMemory(): KernelMemory {
  files = findCgroup();
  const limit = files ? numberIn(files.limit) : 0;
  return {
    used: files ? numberIn(files.used) : 0,
    limit: limit < NO_LIMIT ? limit : 0,
    oomKills: kills('/proc/vmstat'),
    cgroupOomKills: files ? kills(files.events) : 0,
  };
}

/** Of the cgroup found last; bytes. */
export function readCgroupUsed(): number {
  return files ? numberIn(files.used) : 0;
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
  // In a container its cgroup is the root.
  for (const directory of [`${root}${path}`, root]) {
    if (read(`${directory}/${names.used}`) === '') continue;
    return {
      used: `${directory}/${names.used}`,
      limit: `${directory}/${names.limit}`,
      events: `${directory}/${names.events}`,
    };
  }
  return undefined;
}

function numberIn(file: string): number {
  const number = Number.parseInt(read(file), 10);
  return Number.isFinite(number) ? number : 0;
}

function kills(file: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(read(file))?.[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
