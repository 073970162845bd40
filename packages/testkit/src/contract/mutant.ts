import { readFileSync } from 'node:fs';
import type { ContractCheck, Order } from './job.ts';

/** `npm run test:mutants`: whether checks find the faults they are for. */
export const IS_OF_MUTANTS: boolean = process.env['FORESHOCK_TEST_MUTANTS'] === 'all';

/** Small, in our source. */
export interface Fault {
  /** Whose contract must find it. */
  library: string;
  /** For the test's name. */
  fault: string;
  /** Below `packages`. */
  file: string;
  /** Once in the file. */
  from: string;
  to: string;
}

/** For one check of a library's contract. */
export interface Mutant extends Fault {
  check: ContractCheck;
  /** Default `hooked`. */
  order?: Order;
}

export const MUTANT_VARIABLE = 'FORESHOCK_TEST_MUTANT';

const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const PACKAGES = new URL('../../../', import.meta.url);

export function fileOf({ file }: Fault): URL {
  return new URL(file, PACKAGES);
}

/** For a child process that runs our source, perhaps with a fault. */
export function sourceRun(fault?: Fault): { execArgv: string[]; env: Record<string, string> } {
  const execArgv = ['--conditions=@foreshock/source'];
  if (!fault) return { execArgv, env: {} };
  const preload = new URL(`./mutated-source.${ENDING}`, import.meta.url);
  return {
    execArgv: [...execArgv, '--import', preload.href],
    env: { [MUTANT_VARIABLE]: JSON.stringify(fault) },
  };
}

/** @throws unless `from` occurs once */
export function mutated(fault: Fault, source = readFileSync(fileOf(fault), 'utf8')): string {
  const [before, after, ...more] = source.split(fault.from);
  if (after === undefined || more.length > 0) {
    throw new Error(`${fault.file} has ${more.length + (after === undefined ? 0 : 1)} times: ${fault.from}`);
  }
  return before + fault.to + after;
}
