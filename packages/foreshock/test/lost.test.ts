// What is lost at the end of a process is said in one line, with its reason.
import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

async function stderrOf({ env = {}, nodeArgs = [] as string[], args = [] as string[] }): Promise<string> {
  const app = await runFixture(new URL('./fixtures/ten-spans.cjs', import.meta.url), {
    nodeArgs,
    args,
    collector,
    env: { OTEL_BSP_SCHEDULE_DELAY: '60000', NODE_NO_WARNINGS: '1', ...env },
  });
  const { code, stderr } = await app.exited;
  expect(code).toBe(0);
  return stderr;
}

it('a backend that hangs', async () => {
  collector.respond({ hang: true });
  expect(await stderrOf({ env: { FORESHOCK_FLUSH_MS: '3000' } })).toBe(
    'foreshock: 11 spans lost at the end of the process: no answer within 3000 ms\n',
  );
});

it('a backend that refuses connections', async () => {
  await collector.close();
  expect(await stderrOf({})).toBe(
    `foreshock: 11 spans lost at the end of the process: ${collector.url}/v1/traces cannot be reached (ECONNREFUSED)\n`,
  );
});

it('a full spool', async () => {
  expect(await stderrOf({ env: { OTEL_BSP_MAX_QUEUE_SIZE: '4' } })).toBe('foreshock: 7 spans dropped: spool_full 7\n');
  collector.respond({ hang: true });
  expect(await stderrOf({ env: { OTEL_BSP_MAX_QUEUE_SIZE: '4', FORESHOCK_FLUSH_MS: '3000' } })).toBe(
    'foreshock: 4 spans lost at the end of the process: no answer within 3000 ms; 7 spans dropped: spool_full 7\n',
  );
});

it('a backend that refuses spans', async () => {
  collector.respond({ status: 400, body: 'no such tenant', headers: { 'content-type': 'text/plain' } });
  expect(await stderrOf({})).toBe(`foreshock: ${collector.url}/v1/traces refused 11 spans: HTTP 400, no such tenant\n`);
});

it('no threads, and an end that waits for nothing', async () => {
  const nodeArgs = ['--permission', '--allow-fs-read=*'];
  expect(await stderrOf({ nodeArgs, args: ['process.exit()'] })).toBe(
    'foreshock: no sender thread (ERR_ACCESS_DENIED), spans are sent from the main thread\n' +
      'foreshock: 11 spans lost at the end of the process: no thread may be started\n',
  );
});
