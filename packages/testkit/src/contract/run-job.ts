import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '../run-fixture.ts';
import type { ReceivedSpan } from '../received-span.ts';
import type { ContractCheck, Job, Told } from './job.ts';

export type Findings = Map<ContractCheck, string[]>;

const RUNNER = new URL(import.meta.url.endsWith('.ts') ? './runner.ts' : './runner.js', import.meta.url);
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled/', import.meta.url));
/** Between two messages of a child process, which may hang completely. For single checks see time-limit.ts. */
export const TIMEOUT_MS = 60_000;

interface Outcome {
  /** Why checks are missing. */
  died: string;
  examples: { succeed?: ReceivedSpan; fail?: ReceivedSpan };
}

export async function runJob(job: Job, findings: Findings, node?: 22 | 24 | 26): Promise<Outcome> {
  const child = fork(fileURLToPath(RUNNER), {
    ...(node && { execPath: nodeBinary(node) }),
    execArgv: ['--conditions=@foreshock/source'],
    // Structured clone: attributes may be bigints.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: process.env['TZ'],
      // Halves the start time.
      NODE_COMPILE_CACHE: COMPILED,
    },
  });
  const examples: Outcome['examples'] = {};
  let output = '';
  let doing = 'start';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  child.on('message', (told: Told) => {
    timer.refresh();
    if ('begun' in told) doing = told.begun;
    else if ('late' in told)
      process.stderr.write(`${job.library} by ${job.loader}: '${told.late}' goes on after ${told.seconds} s\n`);
    else if ('ended' in told) findings.set(told.ended, told.problems);
    else examples[told.example] = told.span;
  });
  child.send(job);
  const ended = await new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(String(signal ?? code)));
  });
  clearTimeout(timer);
  return { died: `the process ended (${ended}) in '${doing}'\n${output}`, examples };
}
