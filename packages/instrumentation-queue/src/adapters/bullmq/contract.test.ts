import { adapterContract, startRedis, type AdapterContract, type Redis } from '@foreshock/testkit';
import { afterAll } from 'vitest';
import { instrumentation, sentBy, uniqueName } from '../../../test/contract.ts';

let server: Promise<Redis> | undefined;
afterAll(async () => (await server)?.stop());

function contract(): AdapterContract {
  const queue = uniqueName();
  return {
    library: 'bullmq',
    instrumentation,
    fixture: new URL('./fixture.mjs', import.meta.url),
    fixtureCjs: new URL('./fixture.cjs', import.meta.url),
    env: async () => ({ url: (await (server ??= startRedis())).url, queue }),
    upstream: '@appsignal/opentelemetry-instrumentation-bullmq',
    expect: sentBy('bullmq', 'add', queue, 'Error'),
    skip: { callback: 'bullmq has promises only' },
  };
}

adapterContract(contract());
adapterContract({ ...contract(), libraries: { bullmq: 'bullmq-5-34' } });
adapterContract({ ...contract(), libraries: { bullmq: 'bullmq-5-0' } });
