import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { post } from './post.ts';
import { Target } from './target.ts';

/** Answers at once, on a thread of its own; then says so. */
const BACKEND = `
const { workerData: answers, parentPort } = require('node:worker_threads');
const server = require('node:http').createServer((_request, response) => {
  response.end('taken', () => {
    Atomics.add(answers, 0, 1);
    Atomics.notify(answers, 0);
  });
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

it.each([true, false])(
  'a thread that stood still beyond the time-out reads the answer first: main %s',
  async (mainThread) => {
    const answers = new Int32Array(new SharedArrayBuffer(4));
    const backend = new Worker(BACKEND, { eval: true, workerData: answers });
    onTestFinished(async () => void (await backend.terminate()));
    const [port] = (await once(backend, 'message')) as [number];
    const timeoutMs = 1_000;
    const target = new Target(
      { kind: 'otlp', url: `http://127.0.0.1:${port}/v1/traces`, timeoutMs },
      { userAgent: 'test', contentType: 'application/x-protobuf', mainThread },
    );
    let isOverAt = 0;
    const standStill = (): void => {
      Atomics.wait(answers, 0, 0, 10_000);
      while (performance.now() < isOverAt);
    };
    const answer = post(target, {}, Buffer.from('spans'), () => process.nextTick(standStill));
    isOverAt = performance.now() + timeoutMs + 1;
    expect(await answer).toMatchObject({ status: 200, body: Buffer.from('taken') });
    expect(answers[0]).toBe(1);
  },
);

it.each([
  ['as it says that it sends a request: it has sent none', 'before', false],
  ['just after: the backend has all of it', 'after', true],
])('a process is killed %s', async (_, when, isWhole) => {
  const { promise: received, resolve } = Promise.withResolvers<boolean>();
  const server = createServer((request) => request.resume().on('close', () => resolve(request.complete)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sender = fileURLToPath(new URL('../test/fixtures/killed-sender.mjs', import.meta.url));
  const child = execFile(process.execPath, ['-C', '@foreshock/source', sender, url, when]);
  expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
  expect(await received).toBe(isWhole);
});
