import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Contender } from './contenders.ts';
import type { Shutdown } from './measures/shutdown.ts';
import type { FilesRead, StartUp } from './measures/start-up.ts';
import type { UnderLoad } from './measures/under-load.ts';
import { pinned } from './place.ts';
import type { Scenario } from './scenarios.ts';

/** Everything a run measured, as it is written to JSON. */
export interface Results {
  at: string;
  quick: boolean;
  minutes: number;
  machine: string;
  versions: string[];
  contenders: string[];
  underLoad: UnderLoadResults[];
  /** Absent when the run was about one scenario. */
  lifetime?: Lifetime;
}

/** What a process costs besides requests, by contender. */
export interface Lifetime {
  startUp: Record<string, StartUp[]>;
  files: Record<string, FilesRead>;
  idle: Record<string, number>;
  shutdown: Record<string, Shutdown>;
}

export interface UnderLoadResults {
  scenario: Scenario;
  /** Requests a second at the fixed rate. */
  rate: number;
  /** By contender, one entry a generation of processes. */
  generations: Record<string, UnderLoad>[];
}

/** The machine, and how busy others keep it. */
export function describeMachine(): string {
  const all = cpus();
  const parts = [
    `${all.length} × ${all[0]!.model.trim()}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${process.platform} ${release()}`,
    `Node ${process.versions.node}`,
    pinned ? 'app pinned apart from load, sink and database' : 'app not pinned (no taskset): expect noise',
    `load average before the run ${loadavg()[0]!.toFixed(1)}`,
  ];
  return parts.join(', ');
}

export const versionsOf = (contenders: readonly Contender[]): string[] =>
  contenders.filter((each) => each.version).map((each) => `${each.name} = ${each.version}`);
