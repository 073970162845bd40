import { fileURLToPath } from 'node:url';
import { installed, runFixture, shows, startCollector, versionOf, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

type Library = Parameters<typeof shows>[0];

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(() => collector.close());

/** Each library, the oldest version it is tested with and the newest, by their aliases. */
const LIBRARIES: [Library, string | undefined][] = [
  ['cron', 'cron-1'],
  ['cron', 'cron-2'],
  ['cron', 'cron'],
  ['croner', 'croner-7'],
  ['croner', 'croner-8'],
  ['croner', 'croner'],
  ['node-cron', 'node-cron-3'],
  ['node-cron', 'node-cron'],
  ['node-schedule', 'node-schedule'],
  ['toad-scheduler', 'toad-scheduler-3'],
  ['toad-scheduler', 'toad-scheduler'],
  ['timers', undefined],
];
const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url);

async function run(library: Library, alias: string | undefined, extension: 'mjs' | 'cjs') {
  const app = alias === undefined ? undefined : installed({ [library]: alias });
  try {
    app?.add(fixture('scheduling.cjs'));
    const file = app?.add(fixture(`schedulers.${extension}`)) ?? fileURLToPath(fixture(`schedulers.${extension}`));
    const ended = await (await runFixture(file, { collector, args: [library] })).exited;
    // Some libraries log what a job throws.
    expect([ended.code, ended.stderr]).toEqual([0, expect.not.stringContaining('foreshock: ')]);
  } finally {
    app?.remove();
  }
  return collector.spans;
}

describe.each(LIBRARIES)('%s as %s', (library, alias) => {
  it.each(['mjs', 'cjs'] as const)(
    'has one trace a run with something in it, and none of an idle one, in %s',
    async (extension) => {
      shows(library, ['spans', 'parent', extension === 'mjs' ? 'ESM' : 'CJS'], alias && versionOf(alias));
      const spans = await run(library, alias, extension);
      const jobs = spans.filter((span) => span.name.startsWith('job '));
      expect(jobs.map(({ name }) => name).sort()).toEqual(['job broken', 'job report']);
      // node-cron 4 keeps the function where nobody sees it.
      const functionName = alias === 'node-cron' ? {} : { 'code.function.name': 'report' };
      const named = (name: string) => spans.find((span) => span.name === name)!;
      const [report, broken] = [named('job report'), named('job broken')];
      expect(report).toMatchObject({
        kind: 'INTERNAL',
        parentSpanId: '',
        status: { code: 'UNSET' },
        attributes: { 'job.system': library, ...functionName },
        links: [],
      });
      expect(broken).toMatchObject({
        parentSpanId: '',
        status: { code: 'ERROR', message: 'no such table' },
        attributes: { 'error.type': 'TypeError' },
      });
      for (const name of ['first', 'second', 'after']) expect(named(name).parentSpanId).toBe(report.spanId);
      expect(named('before').parentSpanId).toBe(broken.spanId);
      expect(spans).toHaveLength(6);
      // The run began before what is in it and ended after what it awaited.
      expect(report.startTime).toBeLessThanOrEqual(named('first').startTime);
      expect(report.endTime).toBeGreaterThanOrEqual(named('second').endTime);
    },
  );
});
