import { readFileSync } from 'node:fs';
import type { ContractCheck, Order } from './job.ts';

/** A small fault in our source that a check must find. */
export interface Mutant {
  check: ContractCheck;
  /** The adapter whose contract is examined. */
  library: string;
  /** Default `hooked`. */
  order?: Order;
  /** What goes wrong, for the test's name. */
  fault: string;
  /** Below `packages`. */
  file: string;
  /** Occurs once in the file. */
  from: string;
  to: string;
}

export const MUTANT_VARIABLE = 'FORESHOCK_TEST_MUTANT';

const PACKAGES = new URL('../../../', import.meta.url);

export function fileOf({ file }: Mutant): URL {
  return new URL(file, PACKAGES);
}

/** @throws unless `from` occurs once */
export function mutated(mutant: Mutant, source = readFileSync(fileOf(mutant), 'utf8')): string {
  const [before, after, ...more] = source.split(mutant.from);
  if (after === undefined || more.length > 0) {
    throw new Error(`${mutant.file} has ${more.length + (after === undefined ? 0 : 1)} times: ${mutant.from}`);
  }
  return before + mutant.to + after;
}
