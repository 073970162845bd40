import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const BIN: string = here('../../foreshock/dist/bin.js');
/** The incident of examples/checkout, recorded. */
export const CHECKOUT: string = here('../../explain/test/fixtures/checkout.jsonl.gz');

export function checkoutLines(): string[] {
  return gunzipSync(readFileSync(CHECKOUT)).toString('utf8').trim().split('\n');
}

/** `foreshock view` in a process of its own. */
export interface Viewer {
  url: string;
  port: number;
  child: ChildProcess;
  /** Asks its API. */
  api(path: string): Promise<any>;
  /** All that it shows of a trace, in the order of the waterfall. */
  trace(traceId: string): Promise<any>;
  post(path: string, body: Buffer | string, headers?: Record<string, string>): Promise<Response>;
  /** Sends spans in OTLP's JSON. */
  send(...spans: object[]): Promise<void>;
  /** Ends it; all that it wrote to standard error. */
  stop(signal?: NodeJS.Signals): Promise<string>;
}

/** Starts one, as people do; it ends with the test. */
export async function startViewer(...args: string[]): Promise<Viewer> {
  const viewer = await start(args);
  onTestFinished(() => void viewer.child.kill('SIGKILL'));
  return viewer;
}

/** One for all tests of a file or of a `describe`. */
export function sharedViewer(fill: (viewer: Viewer) => Promise<void> = async () => {}): () => Viewer {
  let viewer: Viewer;
  beforeAll(async () => {
    viewer = await start([]);
    await fill(viewer);
  });
  afterAll(() => void viewer.child.kill('SIGKILL'));
  return () => viewer;
}

/** Starts one that the caller ends. */
export async function start(args: string[]): Promise<Viewer> {
  const child = spawn(process.execPath, [BIN, 'view', '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  let url: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    url = /^foreshock view: (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1];
    if (url) break;
  }
  if (!url) {
    child.kill('SIGKILL');
    throw new Error(`foreshock view did not start: ${stderr}`);
  }
  const post: Viewer['post'] = (path, body, headers = { 'content-type': 'application/json' }) =>
    fetch(new URL(path, url), {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers,
    });
  const api: Viewer['api'] = async (path) => (await fetch(new URL(`/api/${path}`, url))).json();
  return {
    url,
    port: Number(new URL(url).port),
    child,
    post,
    api,
    trace: (traceId) => wholeTrace(api, traceId),
    async send(...spans) {
      const answer = await post('/v1/traces', request(spans));
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await exited;
      return stderr;
    },
  };
}

async function wholeTrace(api: Viewer['api'], traceId: string) {
  const rows = await api(`traces/${traceId}`);
  const spans = rows.order.map(async (at: number) => {
    const spanId = rows.spanIds.slice(at * 16, at * 16 + 16);
    const row = {
      spanId,
      service: rows.services[rows.resources[at]],
      name: rows.names[at],
      kind: rows.kinds[at],
      start: rows.from + rows.starts[at] / 1e6,
      durationMs: (rows.ends[at] - rows.starts[at]) / 1e6,
      status: rows.statuses[at],
      summary: rows.summaries[at],
    };
    return Object.assign(row, await api(`traces/${traceId}/spans/${spanId}?kind=${row.kind}`));
  });
  return { spans: await Promise.all(spans), ...(await api(`traces/${traceId}/rest`)) };
}

/** A request of OTLP's JSON, of one service. */
export function request(spans: object[], service = 'orders'): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans }] }] });
}

/** A span in OTLP's JSON: a root that took 10 ms, unless said otherwise. */
export function span(trace: number, id: number, more: object = {}): Record<string, unknown> {
  return {
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: id.toString(16).padStart(16, '0'),
    name: 'GET /orders',
    kind: 2,
    ...times(trace),
    ...more,
  };
}

/** Start and end, a number of milliseconds after the other, a second a number. */
export function times(second: number, ms = 10): object {
  const start = BigInt(1_790_000_000_000 + second * 1_000) * 1_000_000n;
  return { startTimeUnixNano: String(start), endTimeUnixNano: String(start + BigInt(ms) * 1_000_000n) };
}

export function attributes(values: Record<string, string | number | boolean>): object {
  return {
    attributes: Object.entries(values).map(([key, value]) => ({
      key,
      value:
        typeof value === 'string'
          ? { stringValue: value }
          : typeof value === 'boolean'
            ? { boolValue: value }
            : Number.isInteger(value)
              ? { intValue: String(value) }
              : { doubleValue: value },
    })),
  };
}
