import { expect, it } from 'vitest';
import { tableOf } from './print.ts';
import type { Rows } from './rows.ts';

const rows: Rows = new Map([
  ['redis', ['spans', 'wait', 'state', 'parent', 'attempt or hit', 'CJS', 'ESM']],
  ['lru-cache', ['attempt or hit', 'CJS', 'ESM']],
  ['breakers', ['state', 'CJS', 'ESM']],
  ['pg', ['spans']],
  ['mysql2', ['spans']],
]);

it('has a row of each adapter that was tested, and says what is missing', () => {
  const table = tableOf(
    [
      { evidence: { adapter: 'redis', columns: ['spans', 'ESM'], version: '6.3.1' }, passed: true },
      { evidence: { adapter: 'redis', columns: ['spans', 'CJS'], version: '4.0.0' }, passed: true },
      { evidence: { adapter: 'redis', columns: ['spans', 'CJS'], version: '10.0.0' }, passed: true },
      { evidence: { adapter: 'lru-cache', columns: ['attempt or hit', 'CJS'], version: '11.5.3' }, passed: true },
      { evidence: { adapter: 'lru-cache', columns: ['attempt or hit', 'ESM'], version: '11.0.0' }, passed: false },
      {
        evidence: { adapter: 'breakers', columns: ['state', 'CJS', 'ESM'], version: undefined },
        passed: true,
      },
    ],
    rows,
  );
  expect(table.split('\n')).toEqual([
    'adapter    spans  wait  state  right parent when full  attempt or hit  CJS  ESM  versions',
    'redis        ✓     ?      ?              ?                   ?          ✓    ✓   4.0.0 – 10.0.0',
    'lru-cache    –     –      –              –                   ✗          ✓    ✗   11.5.3',
    'breakers     –     –      ✓              –                   –          ✓    ✓   –',
    '',
    'No tests in this run: pg, mysql2',
    '',
    expect.stringContaining('✗ a test of it failed'),
  ]);
});

it('is empty where no adapter was tested', () => {
  expect(tableOf([], rows)).toBe('');
});

it('refuses evidence of what has no row', () => {
  const evidence = { adapter: 'rediss', columns: ['spans' as const], version: '1.0.0' };
  expect(() => tableOf([{ evidence, passed: true }], rows)).toThrow("something of 'rediss', which is no library");
});
