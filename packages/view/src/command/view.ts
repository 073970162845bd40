import { MessageChannel } from 'node:worker_threads';
import type { Io } from '@foreshock/explain/command';
import { Answers } from '../answer/answers.ts';
import { ViewServer } from '../server/server.ts';
import type { StoreMethods } from '../store/thread.ts';
import { Thread, threadFile } from '../threads/thread.ts';
import { readArguments, type ViewArguments } from './arguments.ts';
import { openPaths } from './open-paths.ts';

const USAGE = `foreshock view [FILE | FOLDER …] [--port 4318] [--store FILE] [--limit 256MiB] [--limit-spans 1000000]

Takes traces and logs on 127.0.0.1 (OTLP at /v1/traces and /v1/logs, Zipkin's at /api/v2/spans) and shows them on a page there.
FILE           opened at the start: OTLP, Zipkin's or Jaeger's, as \`foreshock explain\` reads them
--store FILE   keeps the traces in a file; without it they are in memory
--limit        the store is never larger; the oldest traces without errors go first
`;

export async function view(args: string[], io: Io): Promise<number> {
  let asked: ViewArguments;
  try {
    asked = readArguments(args);
  } catch (error) {
    io.stderr(`foreshock view: ${(error as Error).message.split('\n')[0]}\n`);
    return 2;
  }
  if (asked.help) {
    io.stdout(USAGE);
    return 0;
  }
  try {
    await run(asked, io);
    return 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const line = code === 'EADDRINUSE' ? `port ${asked.port} is in use; choose another with --port` : message;
    io.stderr(`foreshock view: ${line}\n`);
    return 1;
  }
}

async function run({ port, store: file, limitBytes, limitSpans, files }: ViewArguments, io: Io): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const options = { file, limitBytes, limitSpans };
  const store = new Thread<StoreMethods>(threadFile(import.meta.url, '../store/thread'), { options, port: port1 }, [
    port1,
  ]);
  const answers = new Answers(store, port2);
  const server = new ViewServer(store, answers);
  try {
    await Promise.all([server.listen(port), store.call('status', [])]);
    await openPaths(files, store, io);
    const end = signalled();
    io.stdout(`foreshock view: http://127.0.0.1:${server.port}\n`);
    await Promise.race([end, store.ended]);
    server.close();
    await store.call('close', []);
  } finally {
    server.close();
    await Promise.all([store.end(), answers.end()]);
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
