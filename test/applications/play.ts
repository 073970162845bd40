import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { plainEnvironment, PRELOAD, type Collector } from '@foreshock/testkit';
import { folder, type Application, type Where } from './applications.ts';

export interface Answer {
  readonly request: string;
  readonly status: number;
  /** Without what differs each time. */
  readonly body: string;
}

const START_MS = 120_000;
const ANSWER_MS = 20_000;

/** Starts it, and asks for all that its script asks for, one after the other. */
export async function play(
  { command, env, isReady, script }: Application,
  where: Where,
  collector: Collector | undefined,
): Promise<[Answer[], string]> {
  const child = spawn(process.execPath, [...(collector ? ['--require', PRELOAD] : []), ...command(where)], {
    cwd: where.directory,
    env: {
      ...plainEnvironment({ HOME: where.directory, NO_UPDATE_NOTIFIER: '1' }),
      NODE_PATH: fileURLToPath(new URL('node_modules', folder)),
      ...(collector && {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_SERVICE_NAME: 'application',
        OTEL_BSP_SCHEDULE_DELAY: '200',
        FORESHOCK_FLUSH_MS: '20000',
      }),
      ...env?.(where),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let stderr = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (stderr += text));
  const ended = once(child, 'exit');
  try {
    const url = `http://127.0.0.1:${where.port}`;
    await answering(url + isReady, () => child.exitCode === null);
    const answers: Answer[] = [];
    for (const step of script) answers.push(await ask(url, step));
    return [answers, await stopped()];
  } catch (error) {
    throw new Error(`${command(where).join(' ')}\n${output}\n${stderr}`, { cause: error });
  } finally {
    child.kill('SIGKILL');
  }

  async function stopped(): Promise<string> {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(timer);
    return stderr;
  }
}

async function answering(url: string, isAlive: () => boolean): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    await response?.text();
    if (response?.ok) return;
    if (!isAlive() || Date.now() > until) throw new Error(`no answer from ${url}: ${response?.status}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function ask(url: string, [method, path, body, headers]: Application['script'][number]): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { request: `${method} ${path}`, status: response.status, body: constant(await response.text(), url) };
}

/** Times, identifiers, hashes. */
function constant(text: string, url: string): string {
  return (
    text
      .replaceAll(url, 'URL')
      .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?/g, 'TIME')
      // Unleash has it some moments later.
      .replaceAll(/,"lifecycle":\{[^}]*\}/g, '')
      .replaceAll(/"objectId":"\w+"/g, '"objectId":"ID"')
      .replaceAll(/\b(?=[\w-]*\d)[\w+/=-]{8,}\b/g, 'ID')
      .replaceAll(/\d+(?:\.\d+)?/g, '#')
  );
}
