import { expect, test } from 'vitest';
import { NODES, runFixture, type Fixture } from '../src/index.ts';

const plain = new URL('./fixtures/plain.mjs', import.meta.url);
const failing = new URL('./fixtures/failing.cjs', import.meta.url);

test.each(NODES)('runs on Node %i, is ready, is talked to, is stopped', async (node) => {
  const app = await runFixture(plain, {
    node,
    preload: 'none',
    args: ['one'],
    collector: { url: 'http://127.0.0.1:1' },
  });
  expect(await app.ready).toEqual({
    pid: app.pid,
    node: expect.stringMatching(new RegExp(`^${node}\\.`)),
    endpoint: 'http://127.0.0.1:1',
    service: 'plain',
    exporter: null,
    args: ['one'],
  });
  app.send({ hello: 1 });
  expect(await app.waitForLine('stdout', (line) => line.startsWith('got'))).toBe('got {"hello":1}');
  expect(app.lines('stdout')[0]).toBe('first line');
  const exit = await app.stop();
  expect(exit).toMatchObject({ code: null, signal: 'SIGTERM', stderr: 'a warning\n' });
  expect(exit.stdout).toContain('first line\nREADY ');
  expect(await app.stop()).toEqual(exit);
});

test('without a collector nothing is exported, and the environment of the test run stays outside', async () => {
  process.env['OTEL_TRACES_EXPORTER'] = 'zipkin';
  try {
    const app = await runFixture(plain, { preload: 'none' });
    expect(await app.ready).toMatchObject({ endpoint: null, exporter: 'none' });
  } finally {
    delete process.env['OTEL_TRACES_EXPORTER'];
  }
});

test('an end before READY rejects with what it printed', async () => {
  const app = await runFixture(failing, { preload: 'none' });
  expect(await app.exited).toEqual({
    code: 3,
    signal: null,
    stdout: 'about to fail\n',
    stderr: '',
  });
  await expect(app.ready).rejects.toThrow(/failing\.cjs ended first \(3\)\nstdout:\nabout to fail/);
});

let left: Fixture;

test('a fixture that a test leaves running', async () => {
  left = await runFixture(plain, { preload: 'none' });
  expect(await left.ready).toMatchObject({ pid: left.pid });
});

test('is killed when that test has finished', async () => {
  expect(await left.exited).toMatchObject({ signal: 'SIGKILL' });
});
