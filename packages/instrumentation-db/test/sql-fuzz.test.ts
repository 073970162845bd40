import { expect, it } from 'vitest';
import { fuzz } from './sql-fuzz.ts';

it.each(['postgresql', 'mysql', 'sqlite', 'tsql'] as const)(
  'shows no literal of 20,000 statements of %s, and all of their names',
  (dialect) => {
    const faults: string[] = [];
    fuzz(dialect, 20_000, 1, (fault) => faults.push(fault));
    expect(faults.slice(0, 5)).toEqual([]);
  },
);
