/* What holds for the folder of every adapter, in every room. */
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { loadAdapters, ROOT, roomPath } from '../packages/testkit/src/adapter-folders.ts';
import { aliasesOf } from '../packages/testkit/src/installed.ts';

/** Adapters that no contract fits yet, and the tests that show the same of them, with and without it. */
const SHOWN_BY: Record<string, string> = {
  'resilience/async-retry': 'test/retries.test.ts',
  'resilience/axios-retry': 'test/retries.test.ts',
  'resilience/got': 'test/retries.test.ts',
  'resilience/hand-written-breaker': 'test/own-breaker.test.ts',
  'resilience/p-retry': 'test/retries.test.ts',
  'resilience/undici': 'test/retries.test.ts',
  'schedule/cron': 'test/schedulers.test.ts',
  'schedule/croner': 'test/schedulers.test.ts',
  'schedule/nestjs-schedule': 'test/nestjs.test.ts',
  'schedule/node-cron': 'test/schedulers.test.ts',
  'schedule/node-schedule': 'test/schedulers.test.ts',
  'schedule/timers': 'test/schedulers.test.ts',
  'schedule/toad-scheduler': 'test/schedulers.test.ts',
};

const adapters = await loadAdapters();

it.each(adapters)('$room/$folder has a contract', ({ room, folder, path }) => {
  const instead = SHOWN_BY[`${room}/${folder}`];
  const file = instead ? join(roomPath(room), instead) : join(path, 'contract.test.ts');
  expect(existsSync(file), `${file} is not there`).toBe(true);
  // A contract that has come makes the entry stale.
  expect(instead !== undefined && existsSync(join(path, 'contract.test.ts'))).toBe(false);
});

it.each(adapters.filter(({ adapter }) => !isBuiltin(adapter.library) && !adapter.library.startsWith('foreshock')))(
  '$room/$folder is installed in its oldest and its newest major version',
  ({ path, adapter }) => {
    const range = adapter.libraryVersions ?? adapter.versions;
    const [, oldest, above] = /^>=(\d+)\.\d+\.\d+ <(\d+)$/.exec(range)!.map(Number);
    const installed = aliasesOf(adapter.library, range, pathToFileURL(join(path, 'index.ts')));
    const majors = installed.map(({ version }) => Number(version.split('.')[0]));
    expect(majors[0]).toBe(oldest);
    expect(majors.at(-1)).toBe(above! - 1);
  },
);

it('every adapter is in the table of the READMEs of its room and of the repository', () => {
  for (const { room, adapter } of adapters) {
    const title = adapter.title ?? `\`${adapter.library}\``;
    for (const folder of [ROOT, roomPath(room)]) {
      expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(title);
    }
  }
});
