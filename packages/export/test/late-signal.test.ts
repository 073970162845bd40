import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const FIXTURE = fileURLToPath(new URL('fixtures/late-signal.mjs', import.meta.url));

async function end(whose: 'ours' | "the application's" | 'no longer listened to'): Promise<unknown[]> {
  const child = spawn(process.execPath, ['--conditions=@foreshock/source', FIXTURE, whose], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = child.stdout.toArray();
  const [code, signal] = await once(child, 'exit');
  return [
    code,
    signal,
    ...Buffer.concat(await output)
      .toString()
      .trim()
      .split('\n')
      .toSorted(),
  ];
}

it('a signal that comes while the thread closes its handle ends the process', async () => {
  expect(await end('ours')).toEqual([null, 'SIGTERM', '']);
});

it('a signal that the application has got is not sent a second time', async () => {
  expect(await end("the application's")).toEqual([0, null, 'closed', 'the application has it']);
});

it('nor is one whose listener is gone by the time the thread comes to it', async () => {
  expect(await end('no longer listened to')).toEqual([0, null, 'closed', 'the application has it']);
});
