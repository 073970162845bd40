import {
  HTTP_PHASE_CONNECT_MS,
  HTTP_PHASE_DNS_MS,
  HTTP_PHASE_DOWNLOAD_MS,
  HTTP_PHASE_PROXY_MS,
  HTTP_PHASE_QUEUE_MS,
  HTTP_PHASE_SEND_MS,
  HTTP_PHASE_TLS_MS,
  HTTP_PHASE_TTFB_MS,
} from '@foreshock/kit/names';
import type { Phase } from './events.ts';

const ORDER: readonly Phase[] = ['queue', 'proxy', 'dns', 'connect', 'tls', 'send', 'ttfb', 'download'];

export const PHASE_MS: Readonly<Record<Phase, string>> = {
  queue: HTTP_PHASE_QUEUE_MS,
  proxy: HTTP_PHASE_PROXY_MS,
  dns: HTTP_PHASE_DNS_MS,
  connect: HTTP_PHASE_CONNECT_MS,
  tls: HTTP_PHASE_TLS_MS,
  send: HTTP_PHASE_SEND_MS,
  ttfb: HTTP_PHASE_TTFB_MS,
  download: HTTP_PHASE_DOWNLOAD_MS,
};

/** Shorter: artefacts such as a next tick's socket, a buffered body, or a small response. */
const LEAST_MS: Readonly<Partial<Record<Phase, number>>> = { queue: 1, proxy: 1, send: 1, download: 1 };

export class Phases {
  current: Phase = 'queue';
  #since: number;

  /** @param since of `performance.now()`, as all times here */
  constructor(since: number) {
    this.#since = since;
  }

  /** Late and repeated phases are ignored. */
  isAhead(phase: Phase): boolean {
    return ORDER.indexOf(phase) > ORDER.indexOf(this.current);
  }

  get isOfConnection(): boolean {
    const { current } = this;
    return current === 'proxy' || current === 'dns' || current === 'connect' || current === 'tls';
  }

  /** ms; undefined when too short. */
  leave(at: number): number | undefined {
    // It may predate the call.
    const ms = Math.max(0, at - this.#since);
    this.#since += ms;
    return ms >= (LEAST_MS[this.current] ?? 0) ? ms : undefined;
  }
}
