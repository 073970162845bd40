import { installed, runFixture } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { FIELDS } from './trace.ts';

const JOINED = 'trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331 trace_flags=01';

async function run(alias: string, env: Record<string, string> = {}): Promise<string[]> {
  const app = installed({ '@nestjs/common': alias });
  onTestFinished(() => app.remove());
  const file = app.add(new URL('fixtures/nest.mjs', import.meta.url));
  const { stdout, stderr, code } = await (await runFixture(file, { env: { NO_COLOR: '1', ...env } })).exited;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

it.each(['@nestjs/common-10', '@nestjs/common-11', '@nestjs/common'])(
  '%s ends its lines of text with the ids',
  async (alias) => {
    const lines = await run(alias, { FORESHOCK_BOUNDARY_LOGS: 'all' });
    expect(lines.map((line) => line.replace(/^\[Nest\].*LOG /, 'LOG ').replace(/_ns=\d+/g, '_ns=…'))).toEqual([
      'LOG [Orders] alone',
      `LOG [Orders] placed ${JOINED}`,
      expect.stringMatching(/WARN \[Orders\] two$/),
      `lines ${JOINED}`,
      expect.stringMatching(
        /^LOG \[Boundary\] enter call boundary=shop event=enter time_ns=… trace_id=[\da-f]{32} span_id=/,
      ),
      expect.stringMatching(/^LOG \[Boundary\] exit call boundary=shop event=exit time_ns=… duration_ns=… trace_id=/),
    ]);
  },
);

it.each(['@nestjs/common-11', '@nestjs/common'])('%s has them in its JSON', async (alias) => {
  const [alone, placed] = (await run(alias, { NEST_JSON: '1' })).map((line) => JSON.parse(line));
  const line = { level: 'log', pid: expect.any(Number), timestamp: expect.any(Number), context: 'Orders' };
  expect([alone, placed]).toEqual([
    { ...line, message: 'alone' },
    { ...line, message: 'placed', ...FIELDS },
  ]);
});
