import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const REGISTER = fileURLToPath(new URL('../../foreshock/dist/register.cjs', import.meta.url));
const FIXTURE = fileURLToPath(new URL('./fixtures/stack.cjs', import.meta.url));

it('a function that is called back has one frame of ours above it', async () => {
  const env = { ...process.env, OTEL_TRACES_EXPORTER: 'none' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--require', REGISTER, FIXTURE], { env });
  expect(JSON.parse(stdout)).toEqual({
    'p-retry': 1,
    'async-retry': 1,
    opossum: 0,
    'cockatiel breaker': 1,
    'cockatiel retry': 1,
    // The server's `emit`, the request, and Express' route.
    express: 2,
  });
});
