import { startedOnce, libraryContract, startPostgres, type LibraryContract } from '@foreshock/testkit';
import { describe } from 'vitest';
import { queueWithPropagator } from '../../../test/contract.ts';
import { pgBoss } from './index.ts';

const server = startedOnce(startPostgres);

const common: Pick<LibraryContract, 'env' | 'skip'> = {
  env: async () => ({ url: await (await server()).createDatabase() }),
  skip: { callback: 'pg-boss has promises only' },
};
const span = (operation: string) => ({
  name: 'send emails',
  kind: 'PRODUCER',
  scope: '@foreshock/instrumentation-queue',
  attributes: { 'messaging.system': 'pg-boss', 'messaging.operation.name': operation },
});

describe('send', () => {
  libraryContract(pgBoss, import.meta.url, {
    ...common,
    instrumentation: queueWithPropagator,
    commands: 'queries',
    skip: { ...common.skip, 'bounded trace': 'a job waits half a second for the next poll: as long as 20 s' },
    expect: { span: span('send'), error: { attributes: { 'error.type': '22007' } } },
  });
});

describe('insert', () => {
  libraryContract(pgBoss, import.meta.url, {
    ...common,
    fixture: 'insert.fixture.mjs',
    newestOnly: true,
    isRoomChecked: false,
    expect: { span: span('insert'), error: { attributes: { 'error.type': '22P02' } } },
  });
});
