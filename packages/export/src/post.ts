import type * as Http from 'node:http';
import type * as Https from 'node:https';

/** What a POST came to: an answer, or why there was none. */
export type Answer =
  | {
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly contentType: string;
      readonly body: Buffer;
      /** Whether the request's body has left this process whole, so that its buffer is free. */
      readonly allSent: boolean;
    }
  | { readonly error: string };

/** How to reach one URL; kept for the life of the sender, with its connections. */
export interface Target {
  readonly url: URL;
  readonly agent: Http.Agent;
  readonly headers: Http.OutgoingHttpHeaders;
  /** ms for one attempt, answer included */
  readonly timeoutMs: number;
  /** Connections must not keep the process alive: the sender runs on the main thread. */
  readonly unref: boolean;
}

// Importing it would call its getters for `WebSocket` and `MessageEvent`, which load undici: 40 ms, 4 MB.
const http: typeof Http = process.getBuiltinModule('node:http');

/** Loaded when needed: TLS is a megabyte that most senders, next to their collector, can do without. */
function https(): typeof Https {
  return process.getBuiltinModule('node:https');
}

/** An answer is read this far; what a backend says beyond it is of no use to us. */
const MAX_ANSWER_BYTES = 64 * 1024;
const IDLE_RESET = new Set(['ECONNRESET', 'EPIPE']);

/** At most this many requests to one destination at a time. */
export const MAX_IN_FLIGHT = 4;

/** Makes the target of a destination. Throws on a URL or a certificate that cannot be used. */
export function targetOf(
  destination: {
    url: string;
    headers?: Readonly<Record<string, string>> | undefined;
    timeoutMs?: number | undefined;
    ca?: string | undefined;
    cert?: string | undefined;
    key?: string | undefined;
  },
  headers: Http.OutgoingHttpHeaders,
  unref: boolean,
): Target {
  const url = new URL(destination.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`not an http URL: ${url.protocol}`);
  const { ca, cert, key } = destination;
  const options = { keepAlive: true, maxSockets: MAX_IN_FLIGHT };
  return {
    url,
    agent:
      url.protocol === 'https:'
        ? new (https().Agent)({ ...options, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) })
        : new http.Agent(options),
    headers: { 'user-agent': 'foreshock/0.1.0', ...destination.headers, ...headers },
    timeoutMs: destination.timeoutMs ?? 10_000,
    unref,
  };
}

/** Sends a body and waits for the answer, never longer than the target's time-out. Never throws. */
export async function post(target: Target, headers: Http.OutgoingHttpHeaders, body: Buffer): Promise<Answer> {
  const deadline = performance.now() + target.timeoutMs;
  const first = await attempt(target, headers, body, deadline);
  // The backend closed an idle connection just as we used it: that says nothing about the backend.
  return 'stale' in first ? attempt(target, headers, body, deadline) : first;
}

function attempt(
  target: Target,
  headers: Http.OutgoingHttpHeaders,
  body: Buffer,
  deadline: number,
): Promise<Answer & { stale?: true }> {
  return new Promise((resolve) => {
    const { url, agent } = target;
    const request = (url.protocol === 'https:' ? https() : http).request(url, {
      method: 'POST',
      agent,
      headers: { ...target.headers, ...headers, 'content-length': body.length },
    });
    const timer = setTimeout(
      () => {
        resolve({ error: `no answer within ${target.timeoutMs} ms` });
        request.destroy();
      },
      Math.max(0, deadline - performance.now()),
    );
    if (target.unref) {
      timer.unref();
      request.on('socket', (socket) => socket.unref());
    }
    const settle = (answer: Answer & { stale?: true }): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      const text = error.code ?? error.message;
      if (request.reusedSocket && IDLE_RESET.has(text)) settle({ error: text, stale: true });
      else settle({ error: text });
    };
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const done = (): void =>
        settle({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks),
          allSent: request.writableFinished,
        });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size < MAX_ANSWER_BYTES) return;
        done();
        request.destroy();
      });
      response.on('end', done);
      response.on('error', fail);
    });
    request.end(body);
  });
}
