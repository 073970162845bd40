import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const { Processes } = await import(new URL('../examples/checkout/processes.mjs', import.meta.url).href);

test('that the processes of the demo are stopped is no failure', async () => {
  const processes = new Processes(() => {});
  await processes.start('server', ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], { ready: /up/ });
  await processes.stop();
  // A process that ends later: the ends of those before are known then.
  await once(spawn(process.execPath, ['-e', '']), 'exit');
  await expect(Promise.race([processes.failure, 'stopped'])).resolves.toBe('stopped');
});
