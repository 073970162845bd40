import { pathToFileURL } from 'node:url';
import { adapterContract, installed, startPostgres, type AdapterContract, type Postgres } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';

const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

let server: Promise<Postgres> | undefined;
const env = async (): Promise<{ url: string }> => ({
  url: await (await (server ??= startPostgres())).createDatabase(),
});
const old = installed({ 'pg-boss': 'pg-boss-10' });
afterAll(async () => {
  old.remove();
  await (await server)?.stop();
});

const common: Pick<AdapterContract, 'library' | 'instrumentation' | 'env' | 'skip'> = {
  library: 'pg-boss',
  instrumentation: { module: '@foreshock/instrumentation-queue', export: 'queueInstrumentation' },
  env,
  skip: {
    callback: 'pg-boss has promises only',
    'stands aside': 'upstream has no instrumentation of it',
  },
};
const span = (operation: string) => ({
  name: 'send emails',
  kind: 'PRODUCER',
  scope: '@foreshock/instrumentation-queue',
  attributes: { 'messaging.system': 'pg-boss', 'messaging.operation.name': operation },
});

describe('send, 12', () => {
  adapterContract({
    ...common,
    fixture: fixture('contract.mjs'),
    fixtureCjs: fixture('contract.cjs'),
    expect: { span: span('send'), error: { attributes: { 'error.type': '22007' } } },
  });
});

describe('insert, 12', () => {
  adapterContract({
    ...common,
    fixture: fixture('contract-insert.mjs'),
    expect: { span: span('insert'), error: { attributes: { 'error.type': '22P02' } } },
  });
});

describe('send, 10', () => {
  const cjs = pathToFileURL(old.add(fixture('contract.cjs')));
  adapterContract({
    ...common,
    fixture: cjs,
    expect: { span: span('send'), error: { attributes: { 'error.type': '22007' } } },
  });
});
