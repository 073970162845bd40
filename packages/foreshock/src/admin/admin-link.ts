import { readFileSync } from 'node:fs';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { startOwnThread } from '@foreshock/export';
import {
  collectDependencies,
  errorTypeOf,
  FIRST_SCRAPER,
  guard,
  log,
  PEAK_READERS,
  report,
  suppressed,
  type PoolUse,
} from '@foreshock/kit';
import type { AdminConfig } from '../config.ts';
import type { TextFormat } from '../metrics/prometheus-text.ts';
import { isFull } from './pool-room.ts';
import { noteServers, runningSettings } from './running-settings.ts';
import type { AdminThreadData, Question, ServiceState, ToAdminThread, ToMainThread } from './messages.ts';

export interface AdminOptions extends AdminConfig {
  /** `service.name` */
  readonly service: string;
  /** CommonJS file. */
  readonly threadFile: string;
  readonly startThread: typeof startOwnThread;
}

type Scrape = (scraper: number, format: TextFormat) => Promise<string>;

/** So often an ended thread starts again. */
const MAX_RESTARTS = 3;
const RESTART_MS = 1_000;
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 2 };

/** Serves `/metrics`, `/healthz` and `/readyz` from its own thread, also while this one is busy. */
export function startAdmin(options: AdminOptions, scrape: Scrape): void {
  noteServers();
  let restarts = 0;
  const start = (): void => {
    try {
      startThread(options, scrape, () => {
        if (restarts++ < MAX_RESTARTS) setTimeout(start, RESTART_MS).unref();
        else log('warn', 'foreshock: the thread of /metrics has ended too often, there is none any more');
      });
    } catch (error) {
      // ERR_ACCESS_DENIED: permission model without --allow-worker.
      const cause = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      log('warn', `foreshock: no thread for /metrics, /healthz and /readyz (${cause}), there is none of them`);
    }
  };
  start();
}

function startThread(options: AdminOptions, scrape: Scrape, onEnd: () => void): void {
  const { port, host, service, healthUrls, threadFile } = options;
  const { port1, port2 } = new MessageChannel();
  const workerData: AdminThreadData = {
    foreshockAdmin: {
      port: port2,
      listen: { port, host },
      service,
      healthUrls,
      scrapers: PEAK_READERS - FIRST_SCRAPER,
    },
  };
  // Read here, with these options: see the export package's `SenderLink`.
  const text = readFileSync(threadFile, 'utf8');
  const worker = options.startThread(
    (env) =>
      new Worker(text, {
        eval: true,
        name: 'foreshock-admin',
        workerData,
        transferList: [port2],
        execArgv: ['--no-warnings'],
        env,
        stdout: true,
        stderr: true,
        resourceLimits: RESOURCE_LIMITS,
        trackUnmanagedFds: false,
      }),
  );
  worker.on('error', (error) => report('the thread of /metrics', error));
  worker.on('exit', () => guard('restarting the thread of /metrics', onEnd));
  worker.unref();
  const asked = new Set<number>();
  port1.on('message', (message: ToMainThread) =>
    guard('answering /metrics', () => received(message, asked, port1, options, scrape)),
  );
  port1.unref();
}

/** @param asked questions that somebody waits for */
function received(
  message: ToMainThread,
  asked: Set<number>,
  port: MessagePort,
  { host, port: number, healthPools }: AdminOptions,
  scrape: Scrape,
): void {
  switch (message.type) {
    case 'listening':
      return log('debug', `foreshock: /metrics, /healthz and /readyz at http://${host}:${number}`);
    case 'failed':
      return log('warn', `foreshock: no /metrics, /healthz and /readyz at ${host}:${number} (${message.cause})`);
    case 'cancel':
      return void asked.delete(message.id);
    default:
      asked.add(message.id);
      answered(message.question, healthPools, () => asked.has(message.id), scrape)
        .finally(() => asked.delete(message.id))
        .catch((error: unknown) => void report('answering /metrics', error))
        .then((answer) => port.postMessage({ id: message.id, answer } satisfies ToAdminThread))
        .catch((error: unknown) => report('answering /metrics', error));
  }
}

async function answered(
  question: Question,
  byPools: boolean,
  isAwaited: () => boolean,
  scrape: Scrape,
): Promise<unknown> {
  if (question.type === 'turn') return true;
  if (question.type === 'state') return serviceState(byPools);
  if (question.type === 'settings') return runningSettings();
  if (question.type === 'dependency') {
    const { key, ms } = question;
    return { why: await whyNot(() => collectDependencies().get(key)?.ask?.(), ms) };
  }
  if (question.type === 'pool') return { why: await whyNot(() => askPools(question.name), question.ms) };
  // Lets the timer that measures the event loop's delay run first, then scrapers that gave up meanwhile say so.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setImmediate(resolve));
  // Peaks are for who reads them.
  if (!isAwaited()) return undefined;
  return scrape(FIRST_SCRAPER + question.scraper, question.format);
}

/** Error messages may say too much. Only this thread can tell a silent server from a busy event loop. */
async function whyNot(ask: () => Promise<unknown> | undefined, ms: number): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  // What has arrived meanwhile is read first.
  const isLate = (): unknown => setImmediate(() => late.resolve(`it does not answer within ${ms} ms`));
  const timer = setTimeout(isLate, ms).unref();
  try {
    return await Promise.race([Promise.resolve(ask()).then(() => undefined), late.promise]);
  } catch (error) {
    return errorTypeOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Several may have one name; those that are full by now are not asked. */
function askPools(name: string): Promise<unknown> {
  const asks = poolsNow().flatMap(({ name: own, used, pending, limit, ask }) =>
    own === name && ask && !isFull(used, pending, limit) ? [ask] : [],
  );
  return context.with(suppressed(ROOT_CONTEXT), () => Promise.all(asks.map((ask) => ask())));
}

function poolsNow(): PoolUse[] {
  return Array.from(collectDependencies().pools, (states) => Array.from(states())).flat();
}

function serviceState(byPools: boolean): ServiceState {
  const known = collectDependencies();
  const now = performance.now();
  return {
    dependencies: Array.from(known, ({ key, system, address, port, usedAt, notedAt, openBreaker, ask }) => ({
      key,
      system,
      address,
      port,
      unusedMs: now - (usedAt ?? notedAt),
      openBreaker,
      byLibrary: ask !== undefined,
    })),
    pools: poolsNow().map(({ name, used, pending, limit, ask }) => ({
      name,
      used,
      pending,
      limit,
      byPool: byPools && ask !== undefined,
    })),
  };
}
