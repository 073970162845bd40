import { adapterContract, startPostgres, type AdapterContract, type Postgres } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';

const fixture = (name: string): URL => new URL(name, import.meta.url);

let server: Promise<Postgres> | undefined;
const env = async (): Promise<{ url: string }> => ({
  url: await (await (server ??= startPostgres())).createDatabase(),
});
afterAll(async () => (await server)?.stop());

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

describe('send', () => {
  const contract: AdapterContract = {
    ...common,
    fixture: fixture('./fixture.mjs'),
    fixtureCjs: fixture('./fixture.cjs'),
    expect: { span: span('send'), error: { attributes: { 'error.type': '22007' } } },
  };
  adapterContract(contract);
  adapterContract({ ...contract, libraries: { 'pg-boss': 'pg-boss-10-0' } });
});

describe('insert', () => {
  adapterContract({
    ...common,
    fixture: fixture('./insert.fixture.mjs'),
    expect: { span: span('insert'), error: { attributes: { 'error.type': '22P02' } } },
  });
});
