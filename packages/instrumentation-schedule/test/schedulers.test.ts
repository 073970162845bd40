/* Each scheduler by its own timer, with the preload and its tracer; what else a job shows is in the contracts. */
import { installed, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url);
const OLDEST = { cron: 'cron-1', croner: 'croner-7', 'node-cron': 'node-cron-3', 'toad-scheduler': 'toad-scheduler-3' };

it.each([
  ['oldest', 'cjs', OLDEST],
  ['newest', 'mjs', Object.fromEntries(Object.keys(OLDEST).map((library) => [library, library]))],
] as const)('has one trace a run of each scheduler, %s versions in %s', async (_, extension, libraries) => {
  collector.clear();
  const app = installed({ ...libraries, 'node-schedule': 'node-schedule' });
  try {
    app.add(fixture('scheduling.cjs'));
    const file = app.add(fixture(`schedulers.${extension}`));
    const ended = await (await runFixture(file, { collector })).exited;
    // cron logs a run that is late.
    expect([ended.code, ended.stderr]).toEqual([0, expect.not.stringContaining('foreshock: ')]);
  } finally {
    app.remove();
  }
  const { spans } = collector;
  const below = (id: string) => spans.filter(({ parentSpanId }) => parentSpanId === id).map(({ name }) => name);
  const tree = below('').map((name) => {
    const { attributes, spanId } = spans.find((span) => span.name === name)!;
    return [name, attributes['job.system'], below(spanId).sort()];
  });
  const names = ['cron', 'croner', 'node-cron', 'node-schedule', 'timers', 'toad-scheduler'];
  expect(tree.sort()).toEqual(
    names.map((library) => [`job report by ${library}`, library, [`${library}: first`, `${library}: second`]]),
  );
});
