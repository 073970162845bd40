import { readdirSync } from 'node:fs';
import { expect, onTestFailed, test } from 'vitest';
import { Demo, FULL, stillRunning } from '../fixtures/demo.ts';
import { serversForDemo } from '../fixtures/demo-servers.ts';

test('leaves none of its servers behind when it is killed', { timeout: 60_000 }, async () => {
  const servers = await serversForDemo();
  const demo = new Demo(FULL, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', ...servers.own });
  onTestFailed(() => console.log(demo.output));
  try {
    await demo.printed('checkouts answered');
    const pids = demo.descendants();
    demo.kill('SIGKILL');
    expect(await demo.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await stillRunning(pids)).toEqual([]);
    expect(readdirSync(demo.temporary)).toEqual([]);
  } finally {
    demo.remove();
    await servers.stop();
  }
});
