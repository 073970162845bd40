import { Fault } from './fault.ts';
import type { Boundary, FaultKind, Plan } from './plan.ts';
import type { Target } from './target.ts';

export class Faults {
  #all: Fault[] = [];

  replace({ faults, seed, record }: Plan, onBegin: (fault: Fault) => void): void {
    this.clear();
    this.#all = faults.map((plan, i) => new Fault(plan, seed + i, record));
    for (const fault of this.#all) fault.schedule(onBegin);
  }

  clear(): void {
    for (const fault of this.#all.splice(0)) fault.end();
  }

  hasActive(kinds: readonly FaultKind[]): boolean {
    return this.#all.some(({ isActive, plan }) => isActive && kinds.includes(plan.fault));
  }

  at(boundaries: readonly Boundary[], target: Target): Fault[] {
    return this.#all.filter((fault) => fault.isActive && boundaries.includes(fault.plan.on) && fault.isAt(target));
  }
}
