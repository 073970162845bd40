import { constants, totalmem } from 'node:os';
import type { CoreFile } from './core-file.ts';
import type { EndRequest } from './end-request.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KernelMemory } from './memory-limits.ts';

export interface DeathCause {
  readonly cause: 'oom_kill' | 'heap_limit' | 'hung' | 'native_crash' | 'signal' | 'unknown';
  readonly evidence: string;
  /** Name, if its parent has seen it. */
  readonly signal?: string | undefined;
}

/** At recovery. */
export interface KernelAfterwards extends KernelMemory {
  /** False: restarted since, or another machine's. */
  readonly isSameBoot: boolean;
  /** False: another container's; that it is silent for 30 s is all that says it is dead. */
  readonly isSameNamespace: boolean;
}

/** Above this part, memory is near a limit. */
const NEAR = 0.9;
/** Growth beyond this part of the heap limit was not heap. */
const BEYOND = 1.25;
/** Nothing else in the cgroup was killed so soon. */
const SOON_MS = 60_000;
/** Shortest that counts as hung. */
const HUNG_MS = 1_000;
/** Who asks a process to end gives it at least this long; a crash while it ends comes earlier. */
const GRACE_MS = 1_000;
/** … and seldom longer: the application goes on. */
const LONGEST_GRACE_MS = 3_600_000;

/** Native code's, and V8's fatal errors. */
const CRASHES: readonly (string | undefined)[] = [
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
  'SIGABRT',
  'SIGSYS',
];

/** Any that the process did not listen to. */
const KILLED = 'killed by a signal, most likely SIGKILL';

/** What the files have. */
export interface LeftByDead {
  /** A signal's number, if its parent has seen it, else 0. */
  readonly killedBy: number;
  readonly core: CoreFile | undefined;
  readonly request: EndRequest | undefined;
  /** Its process lives, as another program. */
  readonly isReplaced?: boolean;
  readonly last: Heartbeat | undefined;
  /** Last known alive; ms since 1970. */
  readonly at: number;
}

/**
 * Unless a parent saw the signal, or a crash would leave a core file, SIGKILL and a native crash look alike: a signal
 * ended both.
 *
 * @param nowMs since 1970
 */
export function causeOf(
  { killedBy, core, request, isReplaced, last, at }: LeftByDead,
  now: KernelAfterwards,
  nowMs: number,
): DeathCause {
  if (isReplaced) return { cause: 'unknown', evidence: 'another program has taken its place in the process (execve)' };
  const signal = nameOf(killedBy) ?? nameOf(core?.signal);
  const known = last && causeInHeartbeat(signal, last, now, nowMs - at);
  if (known) return { ...known, signal };
  const before = last ? '' : ', before its first heartbeat';
  const sinceRequest = request ? at - request.at : -1;
  const asked = sinceRequest >= 0 ? `, ${seconds(sinceRequest)} after ${request!.signal} had asked it to end` : '';
  if (signal === undefined && core) {
    const evidence = `${KILLED}${asked}: a crash in native code would have left a core file ${core.path}`;
    return { cause: 'signal', evidence };
  }
  if (signal === undefined && sinceRequest >= GRACE_MS && sinceRequest <= LONGEST_GRACE_MS) {
    return { cause: 'signal', evidence: `${KILLED}${asked}, unless it crashed in native code just then` };
  }
  if (signal === undefined) {
    const machine = now.isSameBoot ? '' : ', or its machine was: this one was started after it, or is another one';
    // Its thread ran, and said nothing: only a signal ends a process so, of the kernel or of another one.
    const cause = last && now.isSameBoot ? 'signal' : 'unknown';
    const frozen = now.isSameNamespace || !now.isSameBoot ? '' : ', unless its container only stands still';
    return { cause, evidence: `${KILLED}, or crashed in native code${before}${asked}${machine}${frozen}` };
  }
  const cause = CRASHES.includes(signal) ? 'native_crash' : 'signal';
  const seen = nameOf(killedBy)
    ? `its parent saw it end by ${signal}`
    : `it left the core file ${core?.path} (${signal})`;
  return { cause, evidence: `${seen}${before}${asked}`, signal };
}

function nameOf(signal: number | undefined): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
}

function causeInHeartbeat(
  signal: string | undefined,
  last: Heartbeat,
  now: KernelAfterwards,
  afterMs: number,
): DeathCause | undefined {
  const isCrash = CRASHES.includes(signal);
  const kills = oomKills(last, now);
  const cgroup = last.cgroupLimit > 0 ? last.cgroupUsed / last.cgroupLimit : 0;
  const isMachineFull = last.available < (1 - NEAR) * totalmem() && last.rss > (1 - NEAR) * totalmem();
  if (!isCrash && kills !== '' && (cgroup >= NEAR || isMachineFull || (kills === 'cgroup' && afterMs < SOON_MS))) {
    const free = isMachineFull ? `, ${mib(last.available)} MiB of the machine left` : '';
    return {
      cause: 'oom_kill',
      evidence: `the kernel has killed for want of memory since; cgroup ${share(last.cgroupUsed, last.cgroupLimit)}${free}`,
    };
  }
  const heap = heapAtTheEnd(last);
  if (signal !== 'SIGKILL' && last.oldLimit > 0 && heap >= NEAR * last.oldLimit && heap <= BEYOND * last.heapLimit) {
    return { cause: 'heap_limit', evidence: `V8's heap was near its limit of ${mib(last.oldLimit)} MiB` };
  }
  if (!isCrash && last.blockedMs >= HUNG_MS) {
    return {
      cause: 'hung',
      evidence: `killed${signal ? ` (${signal})` : ', or crashed in native code,'} after its event loop had stood still for ${seconds(last.blockedMs)}`,
    };
  }
  return undefined;
}

/** Measured only while the main thread is free; later growth of RSS counts as heap. */
function heapAtTheEnd({ heapUsed, rss, rssThen }: Heartbeat): number {
  return heapUsed + Math.max(0, rss - rssThen);
}

/** One in the cgroup is nearly proof if just now. */
function oomKills(last: Heartbeat, now: KernelAfterwards): 'cgroup' | 'machine' | '' {
  if (!now.isSameBoot || last.oomKills > now.oomKills) return '';
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
