import { Agent, get } from 'node:http';

const EVERY_MS = 10;

/** Requests at a steady rate, each in a trace of a known ID. */
export class Load {
  /** Trace IDs of answered requests. */
  readonly served = new Set<string>();
  readonly failed: string[] = [];
  /** Of the current phase, ms. */
  latencies: number[] = [];
  /** Longest time that this process itself was late, in the current phase, ms: latencies have it in them. */
  lag = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 100 });
  readonly #timer: NodeJS.Timeout;
  readonly #port: number;
  #sent = 0;

  /** @param rate requests a second */
  constructor(port: number, rate: number) {
    this.#port = port;
    const startedAt = performance.now();
    let last = startedAt;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.lag = Math.max(this.lag, Math.round(now - last - EVERY_MS));
      last = now;
      const due = ((now - startedAt) / 1_000) * rate;
      while (this.#sent < due) this.#send(++this.#sent);
    }, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(number: number): void {
    const traceId = `${'a'.repeat(16)}${number.toString(16).padStart(16, '0')}`;
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const at = performance.now();
    get({ port: this.#port, host: '127.0.0.1', path: '/', agent: this.#agent, headers }, (response) => {
      response.resume().on('end', () => {
        this.served.add(traceId);
        this.latencies.push(performance.now() - at);
      });
    }).on('error', ({ message }) => this.failed.push(message));
  }
}
