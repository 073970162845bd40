import type { TestProject } from 'vitest/node';
import { loadAdapters } from './adapter-folders.ts';
import { defaultSpoolsSince } from './default-spools.ts';
import { kafka } from './servers/kafka.ts';
import { mariadb } from './servers/mariadb.ts';
import { memcached } from './servers/memcached.ts';
import { mongodb } from './servers/mongodb.ts';
import { moto } from './servers/moto.ts';
import { nats } from './servers/nats.ts';
import { postgres } from './servers/postgres.ts';
import { rabbitmq } from './servers/rabbitmq.ts';
import { redis } from './servers/redis.ts';
import { shareServers } from './servers/shared.ts';
import { tableOf, type Outcome } from './table/print.ts';
import { COLUMNS, rowsOf } from './table/rows.ts';

/** vitest's `globalSetup`: shares servers and prints the table. (`--reporter` would remove a reporter.) */
export default async function setup({ vitest }: TestProject): Promise<() => Promise<void>> {
  const start = Date.now();
  // Killed applications' files must not reach later ones.
  process.env['FORESHOCK_SPOOL_DIR'] ??= '';
  const endServers = await shareServers([kafka, mariadb, memcached, mongodb, moto, nats, postgres, rabbitmq, redis]);
  return async () => {
    const outcomes = outcomesOf(vitest.state.getTestModules());
    const isMatrix = vitest.config.env?.['FORESHOCK_TEST_MATRIX'] === 'all';
    const columns = COLUMNS.filter((column) => isMatrix || column !== 'CJS');
    const table = outcomes.length > 0 && tableOf(outcomes, rowsOf(await loadAdapters()), columns);
    if (table) vitest.logger.log(`\n${table}\n`);
    await endServers();
    for (const path of defaultSpoolsSince(start)) {
      vitest.logger.error(`a test started an application without FORESHOCK_SPOOL_DIR: ${path}`);
      process.exitCode = 1;
    }
  };
}

/** Without skipped tests. */
function outcomesOf(modules: ReturnType<TestProject['vitest']['state']['getTestModules']>): Outcome[] {
  const tests = modules.flatMap(({ children }) => Array.from(children.allTests()));
  return tests.flatMap((test) => {
    const { state } = test.result();
    if (state !== 'passed' && state !== 'failed') return [];
    return (test.meta().shows ?? []).map((evidence) => ({ evidence, passed: state === 'passed' }));
  });
}
