import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { analyse, buildAnswer, readSources, type Answer, type AskedWindow } from '../src/index.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
export const BIN: string = here('../../foreshock/dist/bin.js');
const isValid = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(here('../schema.json'), 'utf8')) as object,
);

/** The incident of examples/checkout, recorded. */
export const CHECKOUT: string = here('fixtures/checkout.jsonl.gz');

/** The command, as people run it. */
export async function foreshock(
  args: string[],
  input?: Buffer,
): Promise<{ status: number; stdout: string; stderr: string }> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; stdout: string; stderr: string }>();
  const child = execFile(process.execPath, [BIN, ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
    resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
  );
  // It may have ended without reading.
  child.stdin!.on('error', () => {}).end(input);
  return promise;
}

/** What `explain --json` prints, checked against the schema. */
export async function answerOf(args: string[], input?: Buffer): Promise<Answer & { status: number }> {
  const { stdout, status, stderr } = await foreshock(['explain', '--json', ...args], input);
  expect(stderr).toBe('');
  const answer = JSON.parse(stdout) as Answer;
  isValid(answer);
  expect(isValid.errors).toBeNull();
  return { ...answer, status };
}

/** The same without a process of its own. */
export async function answerTo(data: Buffer, asked: AskedWindow = {}): Promise<Answer> {
  const { table } = await readSources(['-'], Readable.from([data]));
  const answer = buildAnswer(analyse(table, asked));
  isValid(JSON.parse(JSON.stringify(answer)));
  expect(isValid.errors).toBeNull();
  return answer;
}
