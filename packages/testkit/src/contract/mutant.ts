import { readFileSync } from 'node:fs';
import type { ContractCheck, Order } from './job.ts';

/** `npm run test:mutants`: whether each check finds the faults that it is for. */
export const IS_OF_MUTANTS: boolean = process.env['FORESHOCK_TEST_MUTANTS'] === 'all';

/** A small fault in our source. */
export interface Fault {
  /** The adapter whose contract must find it. */
  library: string;
  /** What goes wrong, for the test's name. */
  fault: string;
  /** Below `packages`. */
  file: string;
  /** Occurs once in the file. */
  from: string;
  to: string;
}

/** A fault that one check of a library's contract must find. */
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

/** For a child process that runs our source, with a fault in it if there is one. */
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
