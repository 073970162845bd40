import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeBinary, NODES } from '@foreshock/testkit';
import { describe, expect, it } from 'vitest';

const preload = fileURLToPath(new URL('./fixtures/builtin.cjs', import.meta.url));
const run = promisify(execFile);

describe.each(NODES)('Node %s', (major) => {
  const output = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await run(nodeBinary(major), ['--require', preload, ...args])).stdout);

  it.each([
    ['required', ['--eval', "require('http'); require('node:http');"]],
    ['required by node:https', ['--eval', "require('node:https'); require('http');"]],
    ['imported', ['--input-type=module', '--eval', "import 'node:http'; import { get } from 'http';"]],
  ])('a built-in module is handed over once it is %s', async (_, args) => {
    expect(await output(...args)).toEqual({ before: false, after: true, calls: ['function'] });
  });

  it('and is not loaded by us', async () => {
    expect(await output('--eval', 'process.title')).toEqual({ before: false, after: false, calls: [] });
  });
});
