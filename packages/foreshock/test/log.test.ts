// What we say never disturbs the application, and what others say does not get our name.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeBinary, plainEnvironment, PRELOAD } from '@foreshock/testkit';
import { expect, it } from 'vitest';

const UNREACHABLE = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
  OTEL_BSP_SCHEDULE_DELAY: '20',
};
const file = fileURLToPath(new URL('./fixtures/three-spans.cjs', import.meta.url));

function run(code: string, env: Record<string, string>, closeStderr = false) {
  const child = spawn(nodeBinary(24), ['--require', PRELOAD, '-e', `const file = ${JSON.stringify(file)};${code}`], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: plainEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  if (closeStderr) child.stderr.destroy();
  else child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (status) => resolve({ code: status, stdout, stderr })),
  );
}

it('survives a closed standard error', async () => {
  const { code, stdout } = await run(
    `require(file);
     setTimeout(() => console.log('to its end'), 300);`,
    UNREACHABLE,
    true,
  );
  expect([code, stdout]).toEqual([0, 'done\nto its end\n']);
});

it('leaves `diag` to the application: its logger is not warned of ours, may throw, and gets no line of ours', async () => {
  const { code, stdout, stderr } = await run(
    `const { diag } = require('@opentelemetry/api');
     const line = (text) => { console.log(text); throw new Error('logger'); };
     diag.setLogger({ error: line, warn: line, info: line, debug: line, verbose: line });
     try { diag.warn('mine') } catch {}
     require(file);`,
    UNREACHABLE,
  );
  expect([code, stdout]).toEqual([0, 'mine\ndone\n']);
  expect(stderr).toMatch(/^foreshock: \d+ spans lost at the end of the process: .*\n$/);
});

it('prints the lines of others in their own words', async () => {
  const { stderr } = await run(`require('@opentelemetry/api').diag.info('somebody', { a: 1 })`, {
    OTEL_LOG_LEVEL: 'info',
    OTEL_TRACES_EXPORTER: 'none',
  });
  expect(stderr).toBe('somebody {"a":1}\n');
});
