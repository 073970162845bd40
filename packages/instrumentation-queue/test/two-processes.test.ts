import { pathToFileURL } from 'node:url';
import {
  installed,
  runFixture,
  startCollector,
  startPostgres,
  type Collector,
  type Installed,
  type Postgres,
} from '@foreshock/testkit';
import { beforeAll, beforeEach, expect, it } from 'vitest';

let collector: Collector;
let pg: Postgres;
const apps: Installed[] = [];
beforeAll(async () => {
  collector = await startCollector();
  pg = await startPostgres();
  return async () => {
    for (const app of apps) app.remove();
    await collector.close();
    await pg.stop();
  };
});
beforeEach(() => collector.clear());

const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

const RUNS = [
  { alias: 'pg-boss', node: 24, sender: 'import', worker: 'require' },
  { alias: 'pg-boss', node: 22, sender: 'require', worker: 'import' },
  { alias: 'pg-boss', node: 26, sender: 'import', worker: 'require' },
  { alias: 'pg-boss-10', node: 24, sender: 'require', worker: 'require' },
] as const;

it.each(RUNS)('$alias on Node $node: one trace over two services', async ({ alias, node, sender, worker }) => {
  const app = installed({ 'pg-boss': alias });
  apps.push(app);
  const options = { node, collector, env: { DATABASE_URL: await pg.createDatabase() } };
  const sending = await runFixture(pathToFileURL(app.add(fixture('sender.mjs'))), { ...options, preload: sender });
  const { port } = await sending.ready;
  const working = await runFixture(pathToFileURL(app.add(fixture('worker.cjs'))), { ...options, preload: worker });
  await working.ready;
  const id = await (await fetch(`http://127.0.0.1:${port}/fail`, { method: 'POST' })).text();

  const messaging = (name: string) => collector.spans.filter((span) => span.name === name);
  await collector.waitForSpans(() => messaging('process emails').length === 2 && messaging('send emails').length === 1);
  const [send] = messaging('send emails');
  const [first, second] = messaging('process emails').toSorted((a, b) => a.startTime - b.startTime);
  expect(send).toMatchObject({
    kind: 'PRODUCER',
    attributes: { 'messaging.message.id': id },
    resource: { 'service.name': 'sender' },
  });
  for (const [span, attempt] of [
    [first, 1],
    [second, 2],
  ] as const) {
    expect(span).toMatchObject({
      kind: 'CONSUMER',
      traceId: send!.traceId,
      parentSpanId: send!.spanId,
      attributes: { 'messaging.message.id': id, 'queue.attempt': attempt, 'queue.max_attempts': 2 },
      resource: { 'service.name': 'worker' },
    });
    expect(span!.attributes['queue.wait_ms']).toBeGreaterThan(0);
  }
  expect(first!.status).toEqual({ code: 'ERROR', message: 'mailbox full' });
  expect(first!.attributes['error.type']).toBe('TypeError');
  expect(second!.status.code).toBe('UNSET');
  for (const line of working.lines('stdout').filter((each) => each.startsWith('JOB '))) {
    expect(JSON.parse(line.slice(4)).data).toEqual({ to: 'a@example.org', fail: true });
  }
  for (const running of [sending, working]) {
    expect(await running.stop()).toMatchObject({ stderr: '', stdout: expect.stringContaining('stopped') });
  }
  // Neither polling nor upkeep made a trace: what queries stand alone are the applications' own, if not part of their start.
  const queries = collector.spans.filter((span) => span.parentSpanId === '' && span.attributes['db.query.text']);
  for (const { attributes } of queries) expect(attributes['db.query.text']).toContain('pgboss.create_queue');
});
