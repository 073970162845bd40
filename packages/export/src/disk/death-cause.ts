import type { FileHeader } from './file-format.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KernelMemory } from './memory-limits.ts';

export interface DeathCause {
  readonly cause: 'oom_kill' | 'heap_limit' | 'hung' | 'unknown';
  readonly evidence: string;
}

/** Memory above this part of a limit is near it. */
const NEAR = 0.9;
/** Growth beyond this part of the heap limit was not heap. */
const BEYOND = 1.25;
/** Nothing else of the cgroup was killed in so short a time. */
const SOON_MS = 60_000;
/** Shortest block that counts as hung. */
const HUNG_MS = 1_000;

/**
 * SIGKILL, a native crash and `abort()` leave no evidence to tell them apart.
 *
 * @param now the kernel's counters at recovery
 * @param afterMs how long that is after the death
 */
export function causeOf(
  header: FileHeader,
  last: Heartbeat | undefined,
  now: KernelMemory,
  afterMs: number,
): DeathCause {
  if (!last) return { cause: 'unknown', evidence: 'killed, or crashed in native code, before its first heartbeat' };
  const kills = oomKills(header, last, now);
  const cgroup = last.cgroupLimit > 0 ? last.cgroupUsed / last.cgroupLimit : 0;
  if (kills !== '' && (cgroup >= NEAR || (kills === 'cgroup' && afterMs < SOON_MS))) {
    return {
      cause: 'oom_kill',
      evidence: `the kernel has killed for want of memory since; cgroup ${share(last.cgroupUsed, last.cgroupLimit)}`,
    };
  }
  const heap = heapAtTheEnd(last);
  if (last.oldLimit > 0 && heap >= NEAR * last.oldLimit && heap <= BEYOND * last.heapLimit) {
    return { cause: 'heap_limit', evidence: `V8's heap was near its limit of ${mib(last.oldLimit)} MiB` };
  }
  if (last.blockedMs >= HUNG_MS) {
    return {
      cause: 'hung',
      evidence: `killed, or crashed in native code, after its event loop had stood still for ${seconds(last.blockedMs)}`,
    };
  }
  return { cause: 'unknown', evidence: 'killed (SIGKILL), or crashed in native code' };
}

/** The heap is only measured while the main thread is free; later growth of RSS counts as heap. */
function heapAtTheEnd({ heapUsed, rss, rssThen }: Heartbeat): number {
  return heapUsed + Math.max(0, rss - rssThen);
}

/** One in the cgroup is as good as proof if it was just now. */
function oomKills(header: FileHeader, last: Heartbeat, now: KernelMemory): 'cgroup' | 'machine' | '' {
  if (header.oomKills > now.oomKills) return '';
  if (now.cgroupOomKills > last.cgroupOomKills && now.limit === last.cgroupLimit) return 'cgroup';
  return now.oomKills > last.oomKills ? 'machine' : '';
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function share(used: number, limit: number): string {
  return limit > 0 ? `${mib(used)} of ${mib(limit)} MiB` : `${mib(used)} MiB`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
