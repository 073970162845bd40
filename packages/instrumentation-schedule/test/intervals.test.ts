import { fileURLToPath } from 'node:url';
import { NODES, runFixture, shows, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url);
let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(() => collector.close());

it.each(NODES)('is to an application what it is without us, on Node %s', async (node) => {
  const seen = async (preload: 'require' | 'none') => {
    const { stdout, code } = await (await runFixture(fixture('interval.cjs'), { preload, node })).exited;
    return { ...JSON.parse(stdout), code };
  };
  const [ours, plain] = await Promise.all([seen('require'), seen('none')]);
  expect(ours).toEqual({ ...plain, frames: 1 });
  expect(plain).toMatchObject({ unhandled: ['TypeError: nobody'], thrown: ['RangeError: thrown'], inside: 'mine' });
});

it('has its line printed when its error is uncaught', async () => {
  const printed = async (preload: 'require' | 'none') =>
    (await (await runFixture(fixture('uncaught.cjs'), { preload })).exited).stderr
      .split('\n')
      .filter((line) => !line.startsWith('    at '));
  const lines = await printed('require');
  expect(lines).toEqual(await printed('none'));
  expect(lines).toContain("  throw new TypeError('mine');");
});

it('has a trace a run, with a link to the request that made the interval, and says that runs overlap', async () => {
  shows('timers', ['spans', 'parent', 'ESM'], process.versions.node);
  const { code, stderr } = await (await runFixture(fileURLToPath(fixture('intervals.mjs')), { collector })).exited;
  expect([code, stderr]).toEqual([0, '']);
  const { spans } = collector;
  const one = (name: string) => spans.find((span) => span.name === name)!;
  const jobOf = (name: string) => spans.find((span) => span.spanId === one(name).parentSpanId)!;
  const request = spans.find(({ kind }) => kind === 'SERVER')!;

  for (const beat of ['beat 1', 'beat 2']) {
    expect(jobOf(beat)).toMatchObject({
      name: 'job heartbeat',
      parentSpanId: '',
      attributes: { 'job.system': 'timers', 'job.schedule': 'every 1 ms', 'code.function.name': 'heartbeat' },
      links: [{ traceId: request.traceId, spanId: request.spanId }],
    });
  }
  expect(jobOf('beat 1').traceId).not.toBe(jobOf('beat 2').traceId);
  expect(one('a moment later').traceId).toBe(request.traceId);

  expect(jobOf('relay 1')).toMatchObject({ name: 'job relay', links: [] });
  expect(jobOf('relay 1').attributes).not.toHaveProperty('job.overlapping_runs');
  expect(jobOf('relay 2').attributes).toMatchObject({ 'job.overlapping_runs': 1 });
  expect(jobOf('unnamed').name).toBe('job every 5 ms');
  expect(spans.filter(({ name }) => name.startsWith('job '))).toHaveLength(5);
});
