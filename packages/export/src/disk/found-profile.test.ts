import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readHeapProfile } from './found-profile.ts';

const MIB = 1 << 20;
const node = (functionName: string, url: string, selfSize: number, children: object[] = []): object => ({
  callFrame: { functionName, url, lineNumber: 4 },
  selfSize,
  children,
});

it('the functions that allocated most: what is built in counts for its caller', () => {
  const directory = mkdtempSync(join(tmpdir(), 'foreshock-profile-'));
  const path = join(directory, 'heap-12-1000.heapprofile');
  const head = node('(root)', '', 0, [
    node('load', '/app.js', 2 * MIB, [node('from', '', 40 * MIB), node('', '/app.js', 5 * MIB)]),
    node('small', '/app.js', 3 * MIB),
    node('least', '/app.js', MIB),
  ]);
  writeFileSync(path, JSON.stringify({ head }));
  expect(readHeapProfile(directory, 12, 1_000.4)).toEqual({
    path,
    top: ['load /app.js:5 42 MiB', '(anonymous) /app.js:5 5 MiB', 'small /app.js:5 3 MiB'],
  });
  writeFileSync(path, '{"head":');
  expect(readHeapProfile(directory, 12, 1_000.4)).toBeUndefined();
  rmSync(directory, { recursive: true });
});
