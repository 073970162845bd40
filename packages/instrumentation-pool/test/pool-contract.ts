/* Pools of anything: their one span is the wait, so each call of the fixtures is one that waits. */
import type { AdapterContract, LibraryContract } from '@foreshock/testkit';
import { expect } from 'vitest';

/** A connection that cannot be opened. */
export const refused = { status: { code: 'ERROR', message: 'refused' }, attributes: { 'error.type': 'Error' } };

/** What the contracts of pools have in common. */
export function poolContract(
  name: string,
  error: Record<string, unknown>,
  skip: AdapterContract['skip'] = {},
): LibraryContract {
  return {
    expect: {
      span: {
        name: `pool.acquire ${name}`,
        kind: 'INTERNAL',
        attributes: {
          'db.client.connection.pool.name': name,
          'pool.used': 0,
          'pool.limit': 1,
          'pool.wait_reason': 'connect',
        },
      },
      error: { name: `pool.acquire ${name}`, ...error },
    },
    skip: { callback: 'it has promises only', ...skip },
  };
}

/** What the contracts of the pools of databases have in common; a pool is called by where its connections lead. */
export function databasePoolContract(
  system: string,
  error: Record<string, unknown>,
): Pick<LibraryContract, 'instrumentation' | 'expect'> {
  return {
    // It is the driver's adapter that keeps connections out of traces.
    instrumentation: { module: new URL('with-queries.ts', import.meta.url).href, export: 'poolsWithQueries' },
    expect: {
      span: {
        name: expect.stringMatching(/^pool\.acquire (?:test_|127\.0\.0\.1)/),
        kind: 'INTERNAL',
        attributes: { 'db.system.name': system, 'pool.used': 0, 'pool.limit': 1, 'pool.wait_reason': 'connect' },
      },
      error: { status: { code: 'ERROR' }, ...error },
    },
  };
}
