import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { loopCheck, sendHealth } from './health.ts';
import type { MainLoop } from './main-loop.ts';
import type { Readiness } from './readiness.ts';
import { Scrapers } from './scrapers.ts';

/** Prometheus's default, less the way's time; without `X-Prometheus-Scrape-Timeout-Seconds`. */
const SCRAPE_MS = 9_500;
const MAX_CONNECTIONS = 64;
/** A client that is silent this long is gone. */
const SILENT_MS = 10_000;
/** Exceeds Prometheus's default interval. */
const KEEP_ALIVE_MS = 75_000;

const CONTENT_TYPES = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export function makeAdminServer(service: string, main: MainLoop, readiness: Readiness, scraperCount: number): Server {
  const scrapers = new Scrapers(scraperCount);

  async function metrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const format = request.headers.accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'text';
    const scraper = scrapers.of(request);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const text = await main.ask({ type: 'metrics', scraper, format }, patienceOf(request), gone.signal);
    if (text === undefined) {
      return sendText(
        response,
        503,
        `the event loop did not answer, it has not turned for ${Math.round(main.busyMs)} ms\n`,
      );
    }
    sendText(response, 200, text, CONTENT_TYPES[format]);
  }

  async function config(_: IncomingMessage, response: ServerResponse): Promise<void> {
    const settings = await main.ask({ type: 'settings' }, SCRAPE_MS);
    if (settings === undefined) return sendText(response, 503, 'the event loop did not answer\n');
    sendText(response, 200, `${JSON.stringify(settings)}\n`, 'application/json');
  }

  const answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>>([
    ['/metrics', metrics],
    ['/config', config],
    ['/healthz', (_, response) => sendHealth(response, service, [loopCheck(main.busyMs)])],
    ['/readyz', async (_, response) => sendHealth(response, service, await readiness.checks())],
  ]);

  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 2_500 });
  server.on('request', (request, response) => {
    // The client is gone.
    response.on('error', () => {});
    const answer = answers.get(request.url?.split('?', 1)[0] ?? '');
    if (!answer) return sendText(response, 404, `there are ${[...answers.keys()].join(', ')}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendText(response, 405, 'GET or HEAD\n');
    Promise.resolve(answer(request, response)).catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', () => server.closeIdleConnections());
  server.timeout = SILENT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}

/** How long the scraper waits, less what the way takes. */
function patienceOf({ headers }: IncomingMessage): number {
  const seconds = Number(headers['x-prometheus-scrape-timeout-seconds']);
  return seconds > 0.5 && seconds < 60 ? seconds * 1_000 - 500 : SCRAPE_MS;
}
