/* What the contracts of policies have in common: a server, and the requests to it on which a policy is seen. */
import type { LibraryContract } from '@foreshock/testkit';
import { afterAll } from 'vitest';
import { startFailingServer } from './failing-server.ts';

/** The server is the calling test file's own: files may share this module. */
export function withCalls() {
  const server = startFailingServer();
  afterAll(async () => (await server).close());
  return {
    instrumentation: { module: new URL('./with-calls.ts', import.meta.url).href, export: 'policiesWithCalls' },
    env: async () => ({ url: (await server).url }),
  } satisfies Partial<LibraryContract>;
}

/** Of a library that tries again, over an HTTP client. */
export function retryContract(): LibraryContract {
  return {
    ...withCalls(),
    expect: {
      span: { name: 'GET', kind: 'CLIENT' },
      error: { name: 'GET', attributes: { 'error.type': '404' } },
    },
    skip: {
      callback: 'it has promises only',
      identity: 'what it gives is compared in retries.test.ts',
      listeners: 'nothing is listened to',
      connections: 'its connections are those of an HTTP client',
    },
  };
}
