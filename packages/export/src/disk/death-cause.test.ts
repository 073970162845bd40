import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { causeOf, type KernelAfterwards, type LeftByDead } from './death-cause.ts';
import type { Heartbeat } from './heartbeat.ts';

const MIB = 1 << 20;
const quiet: Heartbeat = {
  at: 1,
  rss: 100 * MIB,
  heapUsed: 50 * MIB,
  heapLimit: 4_000 * MIB,
  oldLimit: 4_000 * MIB,
  rssThen: 100 * MIB,
  cgroupUsed: 100 * MIB,
  cgroupLimit: 500 * MIB,
  blockedMs: 0,
  openSpans: 1,
  waitingSpans: 1,
  oomKills: 3,
  cgroupOomKills: 1,
  external: 0,
  oldSpace: 0,
  largeObjectSpace: 0,
  newSpace: 0,
  gcMs: 0,
  available: totalmem() / 2,
  state: '',
  error: '',
};
const kernel: KernelAfterwards = {
  isSameBoot: true,
  isSameNamespace: true,
  used: 0,
  limit: 500 * MIB,
  oomKills: 3,
  cgroupOomKills: 1,
  available: 0,
};
const killed = { ...kernel, oomKills: 4, cgroupOomKills: 2 };

const left: LeftByDead = { killedBy: 0, core: undefined, request: undefined, last: quiet, at: 10_000 };

const full = { available: MIB, rss: totalmem() / 2 };

it.each<[string, Partial<Heartbeat>, KernelAfterwards, number, string]>([
  ['nothing', {}, kernel, 1_000, 'signal'],
  ['the kernel killed in this cgroup just now', {}, killed, 1_000, 'oom_kill'],
  ['… an hour later, another one of it', {}, killed, 3_600_000, 'signal'],
  ['… an hour later, and it was full', { cgroupUsed: 490 * MIB }, killed, 3_600_000, 'oom_kill'],
  ['the kernel killed elsewhere', {}, { ...kernel, oomKills: 4 }, 1_000, 'signal'],
  ['… and this cgroup was full', { cgroupUsed: 490 * MIB }, { ...kernel, oomKills: 4 }, 1_000, 'oom_kill'],
  ['… and the machine was full, mostly of it', full, { ...kernel, oomKills: 4 }, 1_000, 'oom_kill'],
  ['… and the machine was full of others', { available: MIB }, { ...kernel, oomKills: 4 }, 1_000, 'signal'],
  ['a full cgroup alone', { cgroupUsed: 490 * MIB }, kernel, 1_000, 'signal'],
  ['the machine was started again', { cgroupUsed: 490 * MIB }, { ...killed, oomKills: 1 }, 1_000, 'signal'],
  [
    'another machine, which has killed more',
    { cgroupUsed: 490 * MIB },
    { ...killed, isSameBoot: false },
    1_000,
    'unknown',
  ],
  ['the heap was full', { heapUsed: 3_900 * MIB }, kernel, 1_000, 'heap_limit'],
  [
    'the heap filled while the thread was blocked',
    { heapUsed: 3_000 * MIB, rss: 1_100 * MIB },
    kernel,
    0,
    'heap_limit',
  ],
  ['memory beyond the heap grew', { heapUsed: 3_000 * MIB, rss: 9_000 * MIB }, kernel, 0, 'signal'],
  ['the event loop stood still', { blockedMs: 1_500 }, kernel, 1_000, 'hung'],
])('%s', (_, beat, now, afterMs, cause) => {
  expect(causeOf({ ...left, last: { ...quiet, ...beat } }, now, left.at + afterMs).cause).toBe(cause);
});

it.each<[string, Partial<Heartbeat>, number, string, string]>([
  ['SIGSEGV', {}, 11, 'native_crash', 'its parent saw it end by SIGSEGV'],
  [
    'SIGSEGV while the event loop stood still',
    { blockedMs: 1_500 },
    11,
    'native_crash',
    'its parent saw it end by SIGSEGV',
  ],
  ['SIGABRT', {}, 6, 'native_crash', 'its parent saw it end by SIGABRT'],
  ['SIGABRT with a full heap', { heapUsed: 3_900 * MIB }, 6, 'heap_limit', "V8's heap was near its limit of 4000 MiB"],
  ['SIGKILL with a full heap', { heapUsed: 3_900 * MIB }, 9, 'signal', 'its parent saw it end by SIGKILL'],
  [
    'SIGKILL while the event loop stood still',
    { blockedMs: 1_500 },
    9,
    'hung',
    'killed (SIGKILL) after its event loop had stood still for 1.5 s',
  ],
  ['SIGQUIT', {}, 3, 'signal', 'its parent saw it end by SIGQUIT'],
])('its parent saw %s', (_, beat, signal, cause, evidence) => {
  expect(causeOf({ ...left, killedBy: signal, last: { ...quiet, ...beat } }, kernel, 11_000)).toMatchObject({
    cause,
    evidence,
  });
});

it('without a heartbeat nothing says that its end would have been marked', () => {
  expect(causeOf({ ...left, last: undefined }, kernel, 11_000)).toEqual({
    cause: 'unknown',
    evidence: 'killed by a signal, most likely SIGKILL, or crashed in native code, before its first heartbeat',
  });
});

it('a program whose process lives was replaced', () => {
  expect(causeOf({ ...left, isReplaced: true }, kernel, 11_000)).toEqual({
    cause: 'unknown',
    evidence: 'another program has taken its place in the process (execve)',
  });
});

it('a container that is silent may stand still', () => {
  expect(causeOf(left, { ...kernel, isSameNamespace: false }, 11_000)).toEqual({
    cause: 'signal',
    evidence:
      'killed by a signal, most likely SIGKILL, or crashed in native code, unless its container only stands still',
  });
});

it('a machine that was started again since may have ended it', () => {
  const { cause, evidence } = causeOf(left, { ...kernel, isSameBoot: false }, 11_000);
  expect({ cause, evidence }).toEqual({
    cause: 'unknown',
    evidence:
      'killed by a signal, most likely SIGKILL, or crashed in native code, or its machine was: this one was started after it, or is another one',
  });
});

it.each<[string, number, number, string, string]>([
  [
    'long ago',
    0,
    10_000,
    'signal',
    'killed by a signal, most likely SIGKILL, 10.0 s after SIGTERM had asked it to end, unless it crashed in native code just then',
  ],
  [
    'just now: it may have crashed as it ended',
    0,
    500,
    'signal',
    'killed by a signal, most likely SIGKILL, or crashed in native code, 0.5 s after SIGTERM had asked it to end',
  ],
  [
    'hours ago: it went on',
    0,
    2 * 3_600_000,
    'signal',
    'killed by a signal, most likely SIGKILL, or crashed in native code, 7200.0 s after SIGTERM had asked it to end',
  ],
  [
    'and its parent saw SIGKILL',
    9,
    10_000,
    'signal',
    'its parent saw it end by SIGKILL, 10.0 s after SIGTERM had asked it to end',
  ],
  [
    'in the future, which is damage',
    0,
    -1_000,
    'signal',
    'killed by a signal, most likely SIGKILL, or crashed in native code',
  ],
])('SIGTERM had come %s', (_, killedBy, beforeMs, cause, evidence) => {
  const at = 10_000_000;
  const request = { signal: 'SIGTERM', at: at - beforeMs };
  expect(causeOf({ ...left, at, killedBy, request }, kernel, at + 1_000)).toMatchObject({ cause, evidence });
});

it.each<[string, number, Partial<Heartbeat>, string, string]>([
  ['by a crash', 11, {}, 'native_crash', 'it left the core file /app/core (SIGSEGV)'],
  ['by a full heap', 6, { heapUsed: 3_900 * MIB }, 'heap_limit', "V8's heap was near its limit of 4000 MiB"],
  [
    'not, though a crash would have',
    0,
    {},
    'signal',
    'killed by a signal, most likely SIGKILL: a crash in native code would have left a core file /app/core',
  ],
])('a core file is left %s', (_, signal, beat, cause, evidence) => {
  const core = { path: '/app/core', signal };
  const { cause: found, evidence: why } = causeOf({ ...left, core, last: { ...quiet, ...beat } }, kernel, 11_000);
  expect({ cause: found, evidence: why }).toEqual({ cause, evidence });
});
