import {
  freePort,
  runFixture,
  startKafkaIfPossible,
  startMariaDb,
  startMongoDbIfPossible,
  startPostgres,
  startRedisCluster,
} from '@foreshock/testkit';
import { createConnection } from 'mysql2/promise';
import { expect, it, onTestFinished, vi } from 'vitest';

// Builds it the first time.
const mongodb = await startMongoDbIfPossible();

it('/readyz asks the servers of every driver that is traced', { timeout: 180_000 }, async () => {
  const [mariadb, postgres, cluster, kafka] = await Promise.all([
    startMariaDb(),
    startPostgres(),
    startRedisCluster(),
    startKafkaIfPossible(),
  ]);
  onTestFinished(() => cluster.stop());
  const failedLogins = async (): Promise<unknown> => {
    const connection = await createConnection(mariadb.url);
    const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Aborted_connects%'");
    await connection.end();
    return rows;
  };
  const before = await failedLogins();
  const admin = await freePort();
  const app = await runFixture(new URL('fixtures/drivers.cjs', import.meta.url), {
    env: {
      FORESHOCK_ADMIN_PORT: String(admin),
      MARIADB_URL: mariadb.url,
      POSTGRES_URL: postgres.url,
      CLUSTER: cluster.urls.join(','),
      ...('kafka' in kafka && { KAFKA: kafka.kafka.broker }),
      ...('mongodb' in mongodb && { MONGODB_URL: mongodb.mongodb.url }),
    },
  });
  const { port } = await app.ready;
  const used = await fetch(`http://127.0.0.1:${port}/`);
  expect(await used.text()).toBe('ok');
  const systems = ['mariadb', 'postgresql', 'redis', ...('kafka' in kafka ? ['kafka'] : [])];
  if ('mongodb' in mongodb) systems.push('mongodb');
  const body = await vi.waitFor(
    async () => {
      const answer: any = await (await fetch(`http://127.0.0.1:${admin}/readyz`)).json();
      expect(Object.keys(answer.checks)).toEqual(
        expect.arrayContaining(systems.map((system) => `${system}:responseTime`)),
      );
      return answer;
    },
    { interval: 100, timeout: 60_000 },
  );
  const asked = systems.flatMap((system) => body.checks[`${system}:responseTime`]);
  for (const check of asked) expect(check).toMatchObject({ status: 'pass', observedUnit: 'ms' });
  expect(body.checks['redis:responseTime'].length).toBeGreaterThan(1);
  expect(body.status).toBe('pass');
  expect(await failedLogins()).toEqual(before);
  if (!('kafka' in kafka)) return;
  const settings: any = await (await fetch(`http://127.0.0.1:${admin}/config`)).json();
  expect(settings).toEqual(
    expect.arrayContaining([
      {
        library: 'kafkajs',
        name: `connection ${kafka.kafka.broker}`,
        values: expect.objectContaining({ requestTimeout: 12_345, connectionTimeout: 1_000 }),
      },
      {
        library: 'kafkajs',
        name: 'consumer billing',
        values: expect.objectContaining({ sessionTimeout: 20_000, maxBytes: 4_096, autoCommit: true }),
      },
    ]),
  );
});
