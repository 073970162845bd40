import { runFixture } from '@foreshock/testkit';
import { expect, it } from 'vitest';
import { FIELDS } from './trace.ts';

const run = async (env: Record<string, string>): Promise<{ stdout: string; stderr: string }> =>
  (await runFixture(new URL('fixtures/console.cjs', import.meta.url), { env })).exited;

it('is JSON by option, a line each, on the stream of before', async () => {
  const { stdout, stderr } = await run({ FORESHOCK_CONSOLE_JSON: 'true' });
  const lines = stdout.trimEnd().split('\n');
  const origin = { time: expect.any(Number), pid: expect.any(Number), hostname: expect.any(String) };
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 30, ...origin, msg: 'placed 42 in Oslo { items: 3 }', ...FIELDS },
    { already: 'json' },
    { level: 30, ...origin, msg: '{\n  "of": "several lines"\n}', ...FIELDS },
    { level: 20, ...origin, msg: expect.stringMatching(/^<ref \*1>.*\[Circular \*1\] }$/), ...FIELDS },
    { level: 30, ...origin, msg: expect.stringContaining('│ 0       │ 1      │'), ...FIELDS },
    { level: 30, ...origin, msg: '100% alone' },
    { level: 30, ...origin, msg: '' },
  ]);
  const err = { type: 'TypeError', message: 'no such order', stack: 'TypeError: no such order' };
  expect(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { level: 40, ...origin, msg: 'two\nlines', ...FIELDS },
    { level: 50, ...origin, err, msg: 'failed [TypeError: no such order]', ...FIELDS },
    { level: 50, ...origin, err: expect.objectContaining({ type: 'RangeError' }), msg: 'too many', ...FIELDS },
  ]);
});

it('is as without the preload unless asked', async () => {
  const { stdout } = await run({});
  expect(stdout).toMatch(/^placed 42 in Oslo \{ items: 3 \}\n/);
});
