import { runFixture } from '@foreshock/testkit';
import { expect, it } from 'vitest';

it('nothing of ours keeps a process alive that waits for a leaked connection', async () => {
  // Longer than any test: the process ends because nothing else is to be done.
  const app = await runFixture(new URL('./fixtures/leaks.cjs', import.meta.url), {
    env: { FORESHOCK_POOL_LEAK_MS: '3600000', OTEL_TRACES_EXPORTER: 'console' },
  });
  const { code, signal, stdout } = await app.exited;
  expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: expect.stringMatching(/^taken\n/) });
});
