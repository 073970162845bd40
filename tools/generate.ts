/*
 * Writes what follows from the folders of the adapters: each room's `src/adapters/index.ts`, and the tables in the
 * READMEs. With `--check` it writes nothing and fails for the first file that is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { exportOf, folderNames, loadAdapters, ROOT, roomPath, rooms } from '../packages/testkit/src/adapter-folders.ts';
import { supportedTable, withTable } from './supported.ts';

const check = process.argv.includes('--check');

function write(file: string, made: string): void {
  const path = relative(ROOT, file);
  if (readFileSync(file, { encoding: 'utf8', flag: check ? 'r' : 'a+' }) === made) return;
  if (!check) {
    writeFileSync(file, made);
    console.log(`wrote ${path}`);
    return;
  }
  console.error(`${path} is not what follows from the adapters' folders: npm run generate`);
  process.exitCode = 1;
}

function indexOf(room: string): string {
  const names = folderNames(room);
  const list = names.map(exportOf);
  const short = `export const adapters = [${list.join(', ')}];`;
  return [
    '// Made by `npm run generate` from the folders beside it.',
    ...names.map((name) => `import { ${exportOf(name)} } from './${name}/index.ts';`),
    '',
    '/** Every library this boundary knows. */',
    short.length <= 120 ? short : `export const adapters = [\n${list.map((name) => `  ${name},`).join('\n')}\n];`,
    '',
  ].join('\n');
}

// First the lists: a README's table needs adapters that load, not that are listed.
for (const room of rooms()) write(join(roomPath(room), 'src/adapters/index.ts'), indexOf(room));

const all = (await loadAdapters()).map(({ room, adapter }) => ({ room, adapter }));
const readmes = [
  { file: join(ROOT, 'README.md'), adapters: all },
  ...rooms().map((room) => ({
    file: join(roomPath(room), 'README.md'),
    adapters: all.filter((each) => each.room === room),
  })),
];
for (const { file, adapters } of readmes) {
  const text = readFileSync(file, 'utf8');
  write(file, withTable(text, supportedTable(adapters.map(({ adapter }) => adapter)), relative(ROOT, file)));
}
