import { pathToFileURL } from 'node:url';
import { adapterContract, installed, startRedis, type AdapterContract, type Redis } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';
import { fixture, instrumentation, sentBy, uniqueName } from './contract.ts';

let server: Promise<Redis> | undefined;
const old = installed({ bullmq: 'bullmq-5-34' });
afterAll(async () => {
  old.remove();
  await (await server)?.stop();
});

function contract(): Omit<AdapterContract, 'fixture'> {
  const queue = uniqueName();
  return {
    library: 'bullmq',
    instrumentation,
    env: async () => ({ url: (await (server ??= startRedis())).url, queue }),
    upstream: '@appsignal/opentelemetry-instrumentation-bullmq',
    expect: sentBy('bullmq', 'add', queue, 'Error'),
    skip: { callback: 'bullmq has promises only' },
  };
}

describe('6', () => {
  adapterContract({
    ...contract(),
    fixture: fixture('bullmq-contract.mjs'),
    fixtureCjs: fixture('bullmq-contract.cjs'),
  });
});

describe('5', () => {
  adapterContract({ ...contract(), fixture: pathToFileURL(old.add(fixture('bullmq-contract.cjs'))) });
});
