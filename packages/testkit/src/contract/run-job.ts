import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '../run-fixture.ts';
import { bundleOf } from './bundle.ts';
import type { ReceivedSpan } from '../received-span.ts';
import type { ContractCheck, Job, JobMessage } from './job.ts';
import { sourceRun, type Mutant } from './mutant.ts';

export type Findings = Map<ContractCheck, string[]>;

const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const SOURCE_RUNNER = fileURLToPath(new URL(`./source-runner.${ENDING}`, import.meta.url));
/** Between a child process's messages, as it may hang. Single checks: time-limit.ts. */
export const TIMEOUT_MS = 60_000;

interface Outcome {
  /** Why checks are missing. */
  died: string;
  examples: { succeed?: ReceivedSpan; fail?: ReceivedSpan };
}

export async function runJob(job: Job, findings: Findings, node?: 22 | 24 | 26, mutant?: Mutant): Promise<Outcome> {
  const { execArgv, env } = sourceRun(mutant);
  // A fixture's import of ours would be another copy.
  const isBundled = !mutant && !readFileSync(new URL(job.fixture), 'utf8').includes('@foreshock/');
  const child = fork(isBundled ? await bundleOf(job.module) : SOURCE_RUNNER, {
    ...(node && { execPath: nodeBinary(node) }),
    execArgv,
    // Attributes may be bigints.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: process.env['TZ'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...env,
    },
  });
  const examples: Outcome['examples'] = {};
  let output = '';
  let doing = 'start';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  child.on('message', (message: JobMessage) => {
    timer.refresh();
    if ('begun' in message) doing = message.begun;
    else if ('late' in message)
      process.stderr.write(`${job.library} by ${job.loader}: '${message.late}' goes on after ${message.seconds} s\n`);
    else if ('ended' in message) findings.set(message.ended, message.problems);
    else examples[message.example] = message.span;
  });
  child.send(job);
  const ended = await new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(String(signal ?? code)));
  });
  clearTimeout(timer);
  return { died: `the process ended (${ended}) in '${doing}'\n${output}`, examples };
}
