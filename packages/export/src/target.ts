import { readFileSync } from 'node:fs';
import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type { OtlpDestination, ZipkinDestination } from './destination.ts';
import { lookUpOnce } from './lookup.ts';
import { timerMs } from './timer-limit.ts';

// An import would call getters for `WebSocket`, loading undici: 40 ms, 4 MB.
const http: typeof Http = process.getBuiltinModule('node:http');

/** TLS takes a megabyte. */
function https(): typeof Https {
  return process.getBuiltinModule('node:https');
}

/** Per destination. */
export const MAX_IN_FLIGHT = 4;

const PEMS = ['ca', 'cert', 'key'] as const;
type Pems = { [P in (typeof PEMS)[number]]?: string };

export interface RequestSettings {
  readonly userAgent: string;
  readonly contentType: string;
  /** Connections must not keep the process alive. */
  readonly mainThread: boolean;
}

export class Target {
  readonly headers: Http.OutgoingHttpHeaders;
  /** Of one attempt, answer included. */
  readonly timeoutMs: number;
  readonly unref: boolean;
  readonly #url: URL;
  readonly #files: Pems;
  #pems: Pems;
  #agent: Http.Agent;

  /** @throws for invalid URLs or certificates */
  constructor(destination: OtlpDestination | ZipkinDestination, settings: RequestSettings) {
    this.#url = new URL(destination.url);
    const { protocol } = this.#url;
    if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError(`not an http URL: ${protocol}`);
    const otlp = destination.kind === 'otlp' ? destination : undefined;
    this.headers = { 'user-agent': settings.userAgent, ...otlp?.headers, 'content-type': settings.contentType };
    this.timeoutMs = timerMs(destination.timeoutMs ?? 10_000);
    this.unref = settings.mainThread;
    this.#files = otlp?.pemFiles ?? {};
    this.#pems = Object.fromEntries(PEMS.flatMap((name) => (otlp?.[name] ? [[name, otlp[name]]] : [])));
    this.#agent = this.#makeAgent();
  }

  request(options: Http.RequestOptions): Http.ClientRequest {
    const { protocol } = this.#url;
    return (protocol === 'https:' ? https() : http).request(this.#url, { ...options, agent: this.#agent });
  }

  /** They are renewed meanwhile: used after a failure. */
  readCertificatesAgain(): void {
    const now: Pems = { ...this.#pems };
    try {
      for (const name of PEMS) {
        const file = this.#files[name];
        if (file !== undefined) now[name] = readFileSync(file, 'utf8');
      }
      if (PEMS.every((name) => now[name] === this.#pems[name])) return;
      const before = this.#agent;
      this.#pems = now;
      this.#agent = this.#makeAgent();
      before.destroy();
    } catch {
      // Unreadable or half written: the earlier stays.
    }
  }

  #makeAgent(): Http.Agent {
    const options: Https.AgentOptions = { keepAlive: true, maxSockets: MAX_IN_FLIGHT, lookup: lookUpOnce() };
    // Like the application's requests (Node 22.21, 24.5 and later).
    if (process.env['NODE_USE_ENV_PROXY'] === '1') Object.assign(options, { proxyEnv: process.env });
    return this.#url.protocol === 'https:'
      ? new (https().Agent)({ ...options, ...this.#pems })
      : new http.Agent(options);
  }
}
