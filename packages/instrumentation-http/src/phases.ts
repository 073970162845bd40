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

/** Shorter, these are none: a socket was handed over in the next tick, a request fitted the connection's buffers. */
const LEAST_MS: Readonly<Partial<Record<Phase, number>>> = { queue: 1, proxy: 1, send: 1 };

/** What a call is waiting for, and since when. */
export class Phases {
  current: Phase = 'queue';
  #since: number;

  /** @param since of `performance.now()`, as all times here */
  constructor(since: number) {
    this.#since = since;
  }

  /** Whether a phase is still to come: one that comes too late, or again, is not entered. */
  isAhead(phase: Phase): boolean {
    return ORDER.indexOf(phase) > ORDER.indexOf(this.current);
  }

  get isOfConnection(): boolean {
    const { current } = this;
    return current === 'proxy' || current === 'dns' || current === 'connect' || current === 'tls';
  }

  /** The current phase is over: what it took in milliseconds, undefined when that is not worth saying. */
  leave(at: number): number | undefined {
    // A connection may have been begun before this call was there to want it.
    const ms = Math.max(0, at - this.#since);
    this.#since += ms;
    return ms >= (LEAST_MS[this.current] ?? 0) ? ms : undefined;
  }
}
