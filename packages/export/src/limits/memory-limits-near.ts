import type { Heartbeat } from '../disk/heartbeat.ts';
import type { LimitReports } from './limit-reports.ts';

const NEAR = 0.9;
/** Garbage would be collected by then. */
const FOR_MS = 3_000;

/** Of heap and cgroup, which a leak of hours fills. */
export class MemoryLimitsNear {
  readonly #reports: LimitReports;
  /** By limit, ms since 1970. */
  readonly #since: { heap?: number; cgroup?: number } = {};

  constructor(reports: LimitReports) {
    this.#reports = reports;
  }

  look({ at, heapUsed, oldLimit, cgroupUsed, cgroupLimit }: Heartbeat): void {
    this.#compare('heap', at, heapUsed, oldLimit);
    this.#compare('cgroup', at, cgroupUsed, cgroupLimit);
  }

  #compare(name: 'heap' | 'cgroup', at: number, used: number, max: number): void {
    if (max === 0 || used < NEAR * max) {
      delete this.#since[name];
      return;
    }
    const since = (this.#since[name] ??= at);
    if (at - since >= FOR_MS) this.#reports.near(name, used, max);
  }
}
