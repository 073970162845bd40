import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeBinary, NODES, startCollector, type Collector } from '@foreshock/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let at: Collector;
beforeEach(async () => {
  at = await startCollector();
});
afterEach(() => at.close());

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

async function run(
  way: string,
  { flags = [], env = {}, node = 24 }: { flags?: string[]; env?: NodeJS.ProcessEnv; node?: 22 | 24 | 26 } = {},
) {
  const app = spawn(
    nodeBinary(node),
    [
      '--conditions=@foreshock/source',
      '--disable-warning=ExperimentalWarning',
      ...flags,
      fixture('app.mjs'),
      way,
      `${at.url}/v1/traces`,
    ],
    { env: { ...process.env, NODE_OPTIONS: '', ...env }, stdio: 'pipe' },
  );
  let stdout = '';
  let stderr = '';
  app.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  app.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  if (way === 'fall off') await at.waitFor(({ requests }) => requests.length > 0);
  app.stdin.end();
  const [code, signal] = (await once(app, 'close')) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}

const names = (): string[] => at.spans.map(({ name }) => name).toSorted();

describe.each(NODES)('a process on Node %i', (node) => {
  it('ends by itself while its backend hangs', async () => {
    at.respond({ hang: true });
    expect(await run('fall off', { node })).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  it('delivers everything within process.exit, and keeps its exit code', async () => {
    expect(await run('exit at once', { node })).toEqual({
      code: 3,
      signal: null,
      stdout: 'FLUSHED true\n',
      stderr: '',
    });
    expect(names()).toEqual(['s0', 's1', 's2', 's3', 's4']);
  });
});

describe('a process', () => {
  it('waits in process.exit no longer than configured', async () => {
    at.respond({ hang: true });
    expect(await run('exit, backend hangs')).toEqual({ code: 3, signal: null, stdout: 'FLUSHED false\n', stderr: '' });
  });

  it('starts the thread in its last moment if it must', async () => {
    expect(await run('exit with one span')).toEqual({ code: 0, signal: null, stdout: 'FLUSHED true\n', stderr: '' });
    expect(names()).toEqual(['s']);
  });

  it('prints one clean line a span', async () => {
    const { stdout, stderr } = await run('console');
    expect(stdout).toBe(
      '2025-11-20T00:53:20.000Z app INTERNAL "a \\"name\\"\\n\\u001b[31mwith teeth" 1.500 ms trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331 text="é" list=[1,2]\nFLUSHED true\n',
    );
    expect(stderr).toBe('');
  });

  it('stays alive for a flush that is awaited', async () => {
    expect(await run('await')).toEqual({ code: 0, signal: null, stdout: 'FLUSHED true\n', stderr: '' });
    expect(names()).toEqual(['s']);
  });

  it("keeps its own preloads out of the sender's thread", async () => {
    const preload = fixture('say-where.cjs');
    const flagged = await run('await', { flags: ['--require', preload] });
    expect(flagged).toEqual({ code: 0, signal: null, stdout: 'PRELOADED main\nFLUSHED true\n', stderr: '' });
    const inherited = await run('await', { env: { NODE_OPTIONS: `--require ${preload} --import ${preload}` } });
    expect(inherited).toEqual({ code: 0, signal: null, stdout: 'PRELOADED main\nFLUSHED true\n', stderr: '' });
    expect(names()).toEqual(['s', 's']);
  });
});

describe('where threads are forbidden', () => {
  const flags = ['--permission', '--allow-fs-read=*'];

  it('sends from the main thread, says so once, and does not trace itself', async () => {
    const { code, stdout, stderr } = await run('await', { flags });
    expect(code).toBe(0);
    expect(stdout).toBe('REQUEST ON MAIN THREAD true\nFLUSHED true\n');
    expect(stderr).toBe('foreshock: no sender thread (ERR_ACCESS_DENIED), spans are sent from the main thread\n');
    expect(names()).toEqual(['s']);
  });

  it('does not keep the process alive either', async () => {
    at.respond({ hang: true });
    const { code, stdout } = await run('fall off', { flags });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^(REQUEST ON MAIN THREAD true\n)+$/);
  });
});
