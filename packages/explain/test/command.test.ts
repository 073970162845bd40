import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { explain } from '../src/command/explain.ts';
import { paragraph } from '../src/report/paragraph.ts';
import { answerOf, BIN, CHECKOUT, foreshock } from './foreshock.ts';
import { traceOf } from './incident.ts';

describe('the recorded incident of examples/checkout', () => {
  it('names the report that kept the connections', async () => {
    const answer = await answerOf([CHECKOUT]);
    expect(answer).toMatchObject({
      status: 0,
      verdict: 'shown',
      path: [
        { from: { service: 'orders', resource: 'pool orders' }, to: { service: 'orders' }, by: 'wait' },
        { from: { service: 'orders' }, to: { service: 'gateway' }, by: 'call' },
      ],
      impact: [{ service: 'gateway', route: 'POST /checkout', failed: 0 }],
    });
    expect(answer.causes[0]).toMatchObject({
      kind: 'long_hold',
      service: 'orders',
      resource: 'pool orders',
      operation: 'GET /report',
    });
    expect(answer.causes[0]!.requests).toBeGreaterThanOrEqual(50);
    // Ten people open the report 0.3 s after the healthy phase: the first query of one of them.
    expect(answer.causes[0]!.onset!.at).toMatch(/^2026-11-29T20:34:43\.\d{3}Z$/);
    expect(answer.text).toContain('`GET /report` kept the connections of pool orders in orders');
  });

  it('says so on a screen of 40 lines, with traces', async () => {
    const { status, stdout } = await foreshock(['explain', CHECKOUT]);
    expect(status).toBe(0);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(41);
    expect(stdout).toMatch(/^SHOWN\n/);
    expect(stdout).toMatch(/[0-9a-f]{32}/);
  });

  it('reads it from standard input, inflated', async () => {
    const fromFile = await answerOf([CHECKOUT]);
    expect(await answerOf(['-'], gunzipSync(readFileSync(CHECKOUT)))).toEqual(fromFile);
  });
});

it('does not say that requests would have been quicker when they would not', async () => {
  const answer = await answerOf([CHECKOUT]);
  const [worst] = answer.impact;
  expect(paragraph(answer)).toContain('Without it p95 would have been');
  const whatIf = [{ without: 1, p95Ms: worst!.p95Ms, failed: 0 }];
  expect(paragraph({ ...answer, whatIf })).not.toContain('Without it');
  expect(paragraph({ ...answer, whatIf, impact: [{ ...worst!, failed: 1 }] })).toContain(
    'Without it 100 % of the failures would not have happened.',
  );
});

it('help is on standard output', async () => {
  const { status, stdout, stderr } = await foreshock(['--help']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('foreshock explain');
});

describe('what cannot be read', () => {
  it.each([
    [['explain', 'no-such-file.jsonl'], 'foreshock explain: no-such-file.jsonl: no such file\n'],
    [['explain', '-'], 'foreshock explain: -: empty\n'],
    [['explain', '--watch', '-'], 'foreshock explain: --watch: standard input cannot be read again; name a file\n'],
    [['explain', '--watch', '--fail-on', 'any', 'x'], 'foreshock explain: --watch does not go with --fail-on\n'],
    [['explain', '--nonsense'], "foreshock explain: Unknown option '--nonsense'"],
    [['nonsense'], 'foreshock: there is no subcommand "nonsense".\n'],
  ])('%s ends with 2 and one clear line', async (args, line) => {
    const { status, stdout, stderr } = await foreshock(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(line);
  });
});

it('--watch answers again when a growing file changes the answer, until SIGINT', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foreshock-watch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'traces.jsonl');
  const lines = gunzipSync(readFileSync(CHECKOUT)).toString('utf8').trimEnd().split('\n');
  const child = spawn(process.execPath, [BIN, 'explain', '--json', '--watch', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const verdicts: string[] = [];
  const next = async (): Promise<void> => {
    const [line] = (await once(answers, 'line')) as [string];
    verdicts.push((JSON.parse(line) as { verdict: string }).verdict);
  };
  const answers = createInterface(child.stdout);
  const [waiting] = (await once(createInterface(child.stderr), 'line')) as [string];
  expect(waiting).toBe(`foreshock explain: ${file}: no such file; waiting`);
  // The first service's spans alone, then all, then half a line of more: one answer each, but the last.
  writeFileSync(file, `${lines[0]}\n`);
  await next();
  appendFileSync(file, `${lines.slice(1).join('\n')}\n`);
  await next();
  expect(verdicts.at(-1)).toBe('shown');
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([0, null]);
});

it('--watch without a source says once that it asks the Jaeger', async () => {
  const traces = Array.from({ length: 30 }, (_, i) =>
    traceOf(i * 100, { service: 'shop', name: 'GET /', kind: 'SERVER', at: 0, ms: 5 }),
  );
  const answers: Record<string, () => object> = {
    '/api/v3/services': () => ({ services: ['shop'] }),
    '/api/v3/traces': () => ({
      result: { resourceSpans: traces.flatMap((trace) => (trace as { resourceSpans: object[] }).resourceSpans) },
    }),
  };
  vi.stubGlobal('fetch', async (url: URL) => {
    const answer = answers[url.pathname];
    return answer ? Response.json(answer()) : new Response('', { status: 404 });
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const write = (text: string): void => {
    stdout.push(text);
    // One request is too few for an answer like the first.
    traces.length = 1;
    if (stdout.length === 2) throw new Error('seen enough');
  };
  const io = { stdin: [] as never, stdout: write, stderr: (text: string) => void stderr.push(text) };
  const ends = explain(['--watch'], { ...io, width: 100, color: false, rows: undefined, endOnInterrupt: () => {} });
  await expect(ends).rejects.toThrow('seen enough');
  expect(stderr).toEqual([expect.stringContaining('asked the Jaeger at http://localhost:16686')]);
});
