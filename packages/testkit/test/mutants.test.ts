import { globSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CHECKS, ROOM_CHECKS } from '../src/contract/job.ts';
import { mutated, type Fault, type Mutant } from '../src/contract/mutant.ts';
import { SCHEDULE_CHECKS } from '../src/contract/schedule-checks.ts';

const PACKAGES = new URL('../../', import.meta.url);
const files = globSync('instrumentation-*/test/mutants.ts', { cwd: PACKAGES });
const modules = await Promise.all(files.map((file) => import(new URL(file, PACKAGES).href)));
const faults = modules.flatMap((module) => Object.values<readonly (Fault | Mutant)[]>(module).flat());

it('each check of a contract has a fault that it must find', () => {
  const checks = [CHECKS, ROOM_CHECKS, SCHEDULE_CHECKS].flatMap((all) => Object.values<readonly string[]>(all).flat());
  const found = new Set<string>(faults.flatMap((each) => ('check' in each ? each.check : [])));
  expect(checks.filter((check) => !found.has(check))).toEqual([]);
});

it.each(faults)('$library: $fault', (fault) => {
  expect(() => mutated(fault)).not.toThrow();
});
