import { readFileSync } from 'node:fs';
import { runFixture, startCollector, startMariaDb, startPostgres, startRabbitMq, startRedis } from '@foreshock/testkit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { foreshock } from '../../explain/test/foreshock.ts';

interface Finding {
  kind: string;
  on: string;
  text: string;
  times: number;
  timeline: { operation: string; traceId: string; plusMinusMs: number }[];
}

const schema = JSON.parse(readFileSync(new URL('../../explain/races.schema.json', import.meta.url), 'utf8')) as object;
const isValid = new Ajv2020({ strict: true }).compile(schema);

it('names what raced, and nothing else', async () => {
  const collector = await startCollector();
  const [postgres, redis, rabbitmq, mariadb] = await Promise.all([
    startPostgres(),
    startRedis(),
    startRabbitMq(),
    startMariaDb(),
  ]);
  const app = await runFixture(new URL('fixtures/races.mjs', import.meta.url), {
    collector,
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      FORESHOCK_KEY_HASH: 'a salt',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      AMQP_URL: rabbitmq.url,
      MYSQL_URL: mariadb.url,
    },
  });
  const { code, stderr } = await app.exited;
  expect(`${stderr}${code}`).toBe('0');

  const scenarios = new Map(
    collector.spans.filter((span) => !span.parentSpanId).map((span) => [span.traceId, span.name]),
  );
  const lines = collector.requests.filter(({ path }) => path === '/v1/traces').map(({ body }) => `${body}\n`);
  const { stdout, status } = await foreshock(['races', '--json', '-'], Buffer.from(lines.join('')));
  const answer = JSON.parse(stdout) as { findings: Finding[] };
  isValid(answer);
  expect(isValid.errors).toBeNull();
  expect(status).toBe(1);
  const found = answer.findings.map(({ kind, timeline }) => {
    const calls = timeline.map(({ operation }) => operation);
    return [scenarios.get(timeline[0]!.traceId), kind, ...calls];
  });
  expect(found.sort()).toEqual([
    ['a key is filled with an old row', 'stale_read', 'SELECT stock', 'UPDATE stock', 'SET', 'GET'],
    ['a key is missed twice, then set', 'check_then_act', 'GET', 'GET', 'SET', 'SET', ...twice('INSERT payments')],
    ['a key is read twice, then written twice', 'lost_update', 'GET', 'GET', 'SET', 'SET'],
    ['a message is handled twice', 'double_processing', ...twice('process races', 'INSERT payments')],
    ['a row is changed between read and write', 'lost_update', 'SELECT stock', ...twice('UPDATE stock')],
    [
      'a row is open for two',
      'check_then_act',
      ...twice('SELECT invoices'),
      ...twice('UPDATE invoices'),
      ...twice('INSERT payments'),
    ],
    ['a row is read twice, then written twice', 'lost_update', ...twice('SELECT stock'), ...twice('UPDATE stock')],
    [
      'a row of MariaDB is read twice, then written twice',
      'lost_update',
      ...twice('SELECT stock'),
      ...twice('UPDATE stock'),
    ],
  ]);
  expect(
    answer.findings.every(({ times, timeline }) => times === 1 && timeline.every((each) => each.plusMinusMs === 0)),
  ).toBe(true);
});

function twice(...operations: string[]): string[] {
  return [...operations, ...operations];
}
