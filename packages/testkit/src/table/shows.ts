import { TestRunner, type RunnerTestCase } from 'vitest';
import type { Column } from './rows.ts';

/** From a passing test. */
export interface Evidence {
  /** The library. */
  adapter: string;
  columns: readonly Column[];
  /** From its package.json. */
  version: string | undefined;
}

declare module 'vitest' {
  interface TaskMeta {
    /** vitest passes it to the table's printer. */
    shows?: Evidence[];
  }
}

/**
 * The table cells this test proves, if it passes. Call it first.
 *
 * @param version the library's, from its package.json
 */
export function shows(adapter: string, columns: readonly Column[], version?: string): void {
  const test = TestRunner.getCurrentTest<RunnerTestCase | undefined>();
  if (!test) throw new Error('shows() says what a test shows: call it inside one');
  (test.meta.shows ??= []).push({ adapter, columns, version });
}
