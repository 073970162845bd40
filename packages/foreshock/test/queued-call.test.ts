import { fileURLToPath } from 'node:url';
import { runFixture, startCollector } from '@foreshock/testkit';
import { expect, it } from 'vitest';

it('has the spans of a trace in one another when the system’s clock has been set', async () => {
  const collector = await startCollector();
  const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const nodeArgs = ['--require', fixture('settable-clock.cjs')];
  const app = await runFixture(fixture('queued-call.cjs'), { collector, nodeArgs });
  expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
  const { spans } = collector;
  const outer = spans.find(({ name }) => name === 'after the step')!;
  expect(outer.startTime).toBeGreaterThan(Date.now() + 3_000_000);
  const inner = spans.filter((span) => span.traceId === outer.traceId && span !== outer);
  expect(inner.map(({ kind }) => kind).toSorted()).toEqual(['CLIENT', 'CLIENT', 'SERVER', 'SERVER']);
  for (const { startTime, endTime } of inner) {
    expect(startTime).toBeGreaterThanOrEqual(outer.startTime);
    expect(endTime).toBeGreaterThanOrEqual(startTime);
    expect(endTime).toBeLessThanOrEqual(outer.endTime);
  }
  await collector.close();
});
