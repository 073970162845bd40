import { TestRunner, type RunnerTestCase } from 'vitest';
import type { Column } from './rows.ts';

/** What one test shows of an adapter, if it passes. */
export interface Evidence {
  /** The library's name. */
  adapter: string;
  columns: readonly Column[];
  /** Of the library, as its package.json has it. */
  version: string | undefined;
}

declare module 'vitest' {
  interface TaskMeta {
    /** What the test shows of adapters; vitest hands it to the process that prints the table. */
    shows?: Evidence[];
  }
}

/**
 * Says, inside a test, which cells of the table at the end of a run this test is the evidence for: they are
 * ticked if it passes. Call it first, so that a test that fails is seen to fail.
 *
 * @param version of the library under test, as its package.json has it
 */
export function shows(adapter: string, columns: readonly Column[], version?: string): void {
  const test = TestRunner.getCurrentTest<RunnerTestCase | undefined>();
  if (!test) throw new Error('shows() says what a test shows: call it inside one');
  (test.meta.shows ??= []).push({ adapter, columns, version });
}
