import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Heartbeat } from '../disk/heartbeat.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { LimitReports } from './limit-reports.ts';
import { MemoryLimitsNear } from './memory-limits-near.ts';
import { SystemLimitsNear } from './system-limits-near.ts';

const said: string[] = [];
const reports = { near: (name: string, used: number, max: number) => said.push(`${name} ${used} of ${max}`) } as never;
const taken = (): string[] => said.splice(0);

it('memory that is nearly used up for three seconds is reported, a heap before a collection is not', () => {
  const memory = new MemoryLimitsNear(reports);
  const look = (at: number, heapUsed: number, cgroupUsed: number): void =>
    memory.look({ at, heapUsed, oldLimit: 1_000, cgroupUsed, cgroupLimit: 2_000 } as Heartbeat);
  look(0, 950, 1_000);
  look(2_000, 990, 1_000);
  look(2_500, 400, 1_900);
  look(4_000, 950, 1_900);
  expect(taken()).toEqual([]);
  look(5_500, 950, 1_900);
  expect(taken()).toEqual(['cgroup 1900 of 2000']);
  look(7_000, 980, 1_000);
  expect(taken()).toEqual(['heap 980 of 1000']);
  memory.look({ at: 20_000, heapUsed: 5, oldLimit: 0, cgroupUsed: 5, cgroupLimit: 0 } as Heartbeat);
  expect(taken()).toEqual([]);
});

it('an event loop that is late in each turn for ten seconds is reported, a single long block is not lag before that', () => {
  const lag = new EventLoopLag(reports);
  for (let now = 1_200; now < 9_900; now += 1_200) {
    lag.look(now, 1_200);
    lag.turned();
  }
  expect(taken()).toEqual([]);
  lag.look(10_100, 20);
  lag.turned();
  for (let now = 11_300; now <= 20_100; now += 1_200) {
    lag.look(now, 1_200);
    lag.turned();
  }
  expect(taken()).toEqual([]);
  lag.look(21_000, 1_200);
  expect(taken()).toEqual(['event_loop 1200 of 1000']);
});

it('descriptors and a disk with room are not reported', () => {
  const directory = mkdtempSync(join(tmpdir(), 'foreshock-limits-'));
  new SystemLimitsNear(reports, directory).look();
  new SystemLimitsNear(reports, '/nowhere').look();
  rmSync(directory, { recursive: true });
  expect(taken()).toEqual([]);
});

it('one event and one line an hour', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const spans: unknown[] = [];
  const own = new LimitReports({ mayLog: false, mayBeginTrace: true }, ({ name, attributes }) =>
    spans.push({ name, attributes }),
  );
  const heap = { 'limit.name': 'heap', 'limit.used': 91, 'limit.max': 100 };
  own.near('heap', 91, 100);
  own.near('heap', 92, 100);
  own.near('cgroup', 95, 100);
  vi.advanceTimersByTime(3_599_000);
  own.near('heap', 93, 100);
  vi.advanceTimersByTime(1_000);
  own.near('heap', 91, 100);
  expect(spans).toEqual([
    { name: 'limit.near', attributes: heap },
    { name: 'limit.near', attributes: { 'limit.name': 'cgroup', 'limit.used': 95, 'limit.max': 100 } },
    { name: 'limit.near', attributes: heap },
  ]);
  vi.useRealTimers();
});
