/* What holds for the folder of every adapter, in every room. */
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { loadAdapters, ROOT, roomPath } from '../packages/testkit/src/adapter-folders.ts';
import { aliasesOf } from '../packages/testkit/src/installed.ts';

const adapters = await loadAdapters();

it.each(adapters)('$room/$folder has a contract', ({ path }) => {
  const file = join(path, 'contract.test.ts');
  expect(existsSync(file), `${file} is not there`).toBe(true);
});

it.each(adapters.filter(({ adapter }) => !isBuiltin(adapter.library) && !adapter.library.startsWith('foreshock')))(
  '$room/$folder is installed in its oldest minor and its newest major version',
  ({ path, adapter }) => {
    const range = adapter.libraryVersions ?? adapter.versions;
    const [, oldest, major, minor] = /^>=(\d+\.\d+)\.\d+ <(\d+)(?:\.(\d+))?$/.exec(range)!;
    const installed = aliasesOf(adapter.library, range, pathToFileURL(join(path, 'index.ts')));
    const minors = installed.map(({ version }) => version.split('.').slice(0, 2).join('.'));
    expect(minors[0]).toBe(oldest);
    const newest = minors.at(-1)!.split('.').map(Number);
    if (minor === undefined) expect(newest[0]).toBe(Number(major) - 1);
    else expect(newest).toEqual([Number(major), Number(minor) - 1]);
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
