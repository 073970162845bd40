import { fileURLToPath } from 'node:url';
import { runFixture, shows, startCollector, versionOf, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

it('names the jobs of @nestjs/schedule by class and method, sees failures that it logs, and makes one span a run', async () => {
  shows('@nestjs/schedule', ['spans', 'parent', 'ESM'], versionOf('@nestjs/schedule'));
  const file = fileURLToPath(new URL('./fixtures/nest.mjs', import.meta.url));
  const { code, stderr } = await (await runFixture(file, { collector })).exited;
  expect([code, stderr]).toEqual([0, '']);
  const { spans } = collector;
  const nameOf = (id: string) => spans.find(({ spanId }) => spanId === id)?.name;
  const jobs = spans
    .filter(({ name }) => name.startsWith('in '))
    .map(({ name, parentSpanId }) => [name, nameOf(parentSpanId)]);
  expect(Object.fromEntries(jobs)).toEqual({
    'in daily': 'job Reports.daily',
    'in named': 'job month end',
    'in often': 'job Reports.often',
    'in later': 'job Reports.later',
  });
  expect(spans.filter(({ name }) => name.startsWith('job '))).toHaveLength(4);
  expect(spans.find(({ name }) => name === 'job Reports.often')).toMatchObject({
    status: { code: 'ERROR', message: 'too often' },
    attributes: { 'error.type': 'RangeError', 'job.system': '@nestjs/schedule' },
  });
});
