/* `npm run new-adapter <room> <library>`: writes the folder of an adapter, and says the next step. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportOf, folderNames, ROOT, roomPath, rooms } from '../packages/testkit/src/adapter-folders.ts';

const [room = '', library = ''] = process.argv.slice(2);
if (!rooms().includes(room) || !library) {
  console.error(`npm run new-adapter <room> <library>; the rooms: ${rooms().join(', ')}`);
  process.exit(1);
}

const folder = library.replace(/^@/, '').replace('/', '-');
const path = join(roomPath(room), 'src/adapters', folder);
if (existsSync(path)) {
  console.error(`${path} is there already`);
  process.exit(1);
}

const where = `packages/instrumentation-${room}`;
const manifest = join(ROOT, 'node_modules', library, 'package.json');
if (!existsSync(manifest)) {
  console.error(`${library} is not installed. First its newest version, then this again:
  npm i -w ${where} -D -E ${library}`);
  process.exit(1);
}

const exported = exportOf(folder);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
const [major = 0, minor = 0] = version.split('.').map(Number);
/** The versions that are compatible with the newest: `7`, `0.4`. */
const line = major > 0 ? `${major}` : `0.${minor}`;
const range = major > 0 ? `>=${major}.0.0 <${major + 1}` : `>=0.${minor}.0 <0.${minor + 1}`;
const oldest = major > 0 ? `${major}.0` : line;
const events = /export interface (\w+Events) /.exec(readFileSync(join(roomPath(room), 'src/events.ts'), 'utf8'))![1]!;

const index = `import type { Adapter } from '@foreshock/kit';
import type { ${events} } from '../../events.ts';

/** ${library} ${line}: which of its methods is patched, in which file, and why not its own hook or channel. */
export const ${exported}: Adapter<${events}> = {
  library: '${library}',
  versions: '${range}',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'what it shows, for the tables of the READMEs',
  attach(events, hooks) {
    hooks.onLoad('${library}/index.js', ({ exports }) => {
      // hooks.calls(exports.Client.prototype, 'call', { begin: … });
      void [events, exports];
    });
  },
};
`;

const fixture = `// ${library} as an application uses it; the contract suite calls it.
import * as library from '${library}';

export async function open() {
  const client = new library.Client();
  return {
    succeed: () => client.call('works'),
    // As often as one likes, on a connection that survives it.
    fail: () => client.call('fails'),
    call: { owner: library.Client.prototype, method: 'call' },
    saturate: { limit: 5, run: (i) => client.call(i) },
    emitters: () => [client],
    close: () => client.end(),
  };
}
`;

const contract = `import { libraryContract } from '@foreshock/testkit';
import { ${exported} } from './index.ts';

libraryContract(${exported}, import.meta.url, {
  // env: a server of its own, see packages/testkit/README.md
  expect: {
    span: { name: 'CALL', kind: 'CLIENT', attributes: {} },
    error: { attributes: { 'error.type': 'Error' } },
  },
  // What cannot apply to it, with the reason; each reason also goes into .ci/skipped-tests.txt.
  skip: {},
});
`;

mkdirSync(path);
for (const [name, text] of Object.entries({
  'index.ts': index,
  'fixture.mjs': fixture,
  'contract.test.ts': contract,
})) {
  writeFileSync(join(path, name), text);
}
const models = folderNames(room).filter((name) => name !== folder);
const shared = readdirSync(join(roomPath(room), 'test')).filter((file) => file.endsWith('-contract.ts'));
console.log(`wrote ${where}/src/adapters/${folder}: index.ts, fixture.mjs, contract.test.ts

Next: the oldest version that works (read its source: ${oldest}.0 is a guess), under an alias:
  npm i -w ${where} -D -E ${folder}-${oldest.replace('.', '-')}@npm:${library}@${oldest}.0
then fill in the three files; take the library of this room that is most like it for a model:
  ${models.join(', ')}${shared.length > 0 ? `\nwhat contracts of the room share: ${shared.map((file) => `test/${file}`).join(', ')}` : ''}
then
  npm run generate
  npm test -- ${where}/src/adapters/${folder}`);
