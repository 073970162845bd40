import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../src/index.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BIN = here('../../foreshock/dist/bin.js');
const CHECKOUT = here('fixtures/checkout.jsonl.gz');
const isValid = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(here('../schema.json'), 'utf8')) as object,
);

/** The command, as people run it. */
async function foreshock(args: string[], input?: Buffer): Promise<{ status: number; stdout: string; stderr: string }> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; stdout: string; stderr: string }>();
  const child = execFile(process.execPath, [BIN, ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
    resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
  );
  child.stdin!.end(input);
  return promise;
}

async function answerOf(args: string[], input?: Buffer): Promise<Answer & { status: number }> {
  const { stdout, status } = await foreshock(['explain', '--json', ...args], input);
  const answer = JSON.parse(stdout) as Answer;
  isValid(answer);
  expect(isValid.errors).toBeNull();
  return { ...answer, status };
}

describe('the recorded incident of examples/checkout', () => {
  it('names the report that kept the connections', async () => {
    const answer = await answerOf([CHECKOUT]);
    expect(answer).toMatchObject({
      status: 0,
      verdict: 'shown',
      causes: [
        {
          rank: 1,
          kind: 'long_hold',
          service: 'orders',
          resource: 'pool orders',
          operation: 'GET /report',
          requests: 52,
        },
      ],
      path: [
        { from: { service: 'orders', resource: 'pool orders' }, to: { service: 'orders' }, by: 'wait' },
        { from: { service: 'orders' }, to: { service: 'gateway' }, by: 'call' },
      ],
      impact: [{ service: 'gateway', route: 'POST /checkout', slow: 52, failed: 0 }],
    });
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

describe('what cannot be read', () => {
  it.each([
    [['explain', 'no-such-file.jsonl'], 'foreshock explain: no-such-file.jsonl: no such file\n'],
    [['explain', '-'], 'foreshock explain: -: empty\n'],
    [['explain', '--nonsense'], "foreshock explain: Unknown option '--nonsense'"],
    [['nonsense'], 'foreshock: there is no subcommand "nonsense".\n'],
  ])('%s ends with 2 and one clear line', async (args, line) => {
    const { status, stdout, stderr } = await foreshock(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(line);
  });
});
