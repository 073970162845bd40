import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { adapterContract, examine, type AdapterContract, type ContractCheck } from '../src/index.ts';
import type { Fault } from './fixtures/toy/adapters.ts';

const toy = fileURLToPath(new URL('./fixtures/toy/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'foreshock-toy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts the toy into a `node_modules`, where the module hook looks, as a CommonJS or an ES module. */
function install(format: 'cjs' | 'mjs'): string {
  const home = join(folder, format);
  const library = join(home, 'node_modules', 'toy');
  mkdirSync(library, { recursive: true });
  writeFileSync(
    join(library, 'package.json'),
    JSON.stringify({ name: 'toy', version: '1.2.3', main: `index.${format}` }),
  );
  const source = readFileSync(join(toy, 'library.cjs'), 'utf8');
  const esm = source
    .replace(/^const (.*) = require\((.*)\);/, 'import $1 from $2;')
    .replace('module.exports =', 'export');
  writeFileSync(join(library, `index.${format}`), format === 'cjs' ? source : esm);
  for (const app of ['app.mjs', 'app.cjs']) cpSync(join(toy, app), join(home, app));
  return home;
}

function contractOf(format: 'cjs' | 'mjs', fault: Fault): AdapterContract {
  const home = install(format);
  return {
    library: 'toy',
    instrumentation: {
      module: new URL('./fixtures/toy/adapters.ts', import.meta.url).href,
      export: 'toyInstrumentation',
      config: { fault },
    },
    fixture: pathToFileURL(join(home, 'app.mjs')),
    fixtureCjs: pathToFileURL(join(home, 'app.cjs')),
    env: async () => ({ limit: '5' }),
    expect: {
      span: { name: 'toy query', kind: 'CLIENT', scope: 'toy-instrumentation' },
      error: { attributes: { 'error.type': '42P01' } },
    },
    upstream: 'upstream-of-toy',
  };
}

describe('a right adapter of a CommonJS library passes', () => {
  adapterContract(contractOf('cjs', 'none'));
});
describe('a right adapter of an ES module passes', () => {
  adapterContract(contractOf('mjs', 'none'));
});

describe('a wrong adapter fails the checks that are meant for it, and no others', () => {
  test.each<['hooked' | 'loaded', Fault, ContractCheck[]]>([
    ['hooked', 'attaches twice', ['enabled twice', 'saturation', 'disabled', 'two instances']],
    ['loaded', 'stays attached', ['restored', 'throwing telemetry']],
    ['hooked', 'hides the error', ['error status']],
    ['hooked', 'loses the caller in callbacks', ['callback']],
    ['hooked', 'starts late', ['callback', 'saturation']],
    ['hooked', 'adds a listener a call', ['callback', 'enabled twice', 'listeners']],
    ['hooked', 'ignores upstream', ['upstream active']],
    ['loaded', 'leaves a listener behind', ['restored']],
    ['loaded', 'returns a derived promise', ['identity']],
    ['loaded', 'handles the rejection', ['unhandled rejection']],
    ['loaded', 'lets telemetry throw', ['throwing telemetry']],
    ['loaded', 'replaces the error', ['throwing telemetry']],
    ['hooked', 'calls success an error', ['one span a call']],
  ])('%s: %s', async (order, fault, expected) => {
    const findings = await examine(contractOf('cjs', fault), 'import', order, { limit: '5' });
    const failed = Array.from(findings).filter(([, problems]) => problems.length > 0);
    expect(failed).toEqual(expected.map((check) => [check, expect.any(Array)]));
  });
});

test('what the fixture cannot show is a failure, unless the spec says why', async () => {
  const { upstream: _, ...spec } = contractOf('cjs', 'none');
  const found = await examine(spec, 'import', 'hooked', { limit: '5' });
  expect(found.get('upstream active')).toEqual([expect.stringMatching(/^needs upstream in the spec; add it, or name/)]);

  const skipping = { ...spec, skip: { 'upstream active': 'upstream has no instrumentation of it' } };
  expect(Array.from((await examine(skipping, 'import', 'hooked', { limit: '5' })).keys())).not.toContain(
    'upstream active',
  );
});

test('a span that is not as expected is a failure', async () => {
  const spec = { ...contractOf('cjs', 'none'), expect: { span: { kind: 'SERVER' }, error: { name: 'another' } } };
  const findings = await examine(spec, 'import', 'hooked', { limit: '5' });
  const failed = Array.from(findings).filter(([, problems]) => problems.length > 0);
  expect(failed.map(([check]) => check)).toEqual(['one span a call', 'error status']);
});

test('a process that ends too early fails every check, with what it printed', async () => {
  const spec = contractOf('cjs', 'none');
  const broken = { ...spec, instrumentation: { ...spec.instrumentation, export: 'noSuchExport' } };
  const findings = await examine(broken, 'require', 'loaded', { limit: '5' });
  expect(Array.from(findings.keys())).toEqual(['restored', 'identity', 'unhandled rejection', 'throwing telemetry']);
  for (const problems of findings.values()) {
    expect(problems).toEqual([
      expect.stringMatching(/^not examined: the process ended \(1\) in 'start'\n[^]*exports no noSuchExport/),
    ]);
  }
});

test('a check that hangs has failed after its own time, and what it left out is not examined', async () => {
  const spec = contractOf('cjs', 'none');
  const hanging = new URL('hanging.mjs', spec.fixture);
  writeFileSync(
    hanging,
    "import * as app from './app.mjs';\n" +
      'export const open = (env) => ({ ...app.open(env), fail: () => new Promise(() => setInterval(() => {}, 1_000)) });\n',
  );
  const findings = await examine({ ...spec, fixture: hanging }, 'import', 'hooked', { limit: '5' });
  expect(findings.get('one span a call')).toEqual([]);
  expect(findings.get('error status')).toEqual(['not done after 10 s']);
  expect(findings.get('context')).toEqual([expect.stringContaining("the process ended (1) in 'error status'")]);
}, 90_000);
