// Sends requests over keep-alive sockets. Raw ones: `node:http` would cost more here than the app under load.
import { connect, type Socket } from 'node:net';
import { answer } from './answer.ts';

/** What a load was like for its callers, ms. */
export interface Load {
  requests: number;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
}

const END = Buffer.from('\r\n\r\n');
const LENGTH = 'content-length: ';

/** One keep-alive connection, one request at a time. */
class Caller {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #answered: (caller: Caller) => void;
  #missing = -1;
  /** When the request under way was due, ms. */
  due = 0;

  constructor(port: number, path: string, answered: (caller: Caller) => void, failed: (error: Error) => void) {
    this.#request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: bench\r\n\r\n`);
    this.#answered = answered;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => {
      try {
        this.#receive(chunk);
      } catch (error) {
        failed(error as Error);
      }
    });
    this.#socket.on('error', failed).on('end', () => failed(new Error('the app closed a connection')));
  }

  send(due: number): void {
    this.due = due;
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#socket.removeAllListeners('end').destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#missing < 0) {
      // Heads are a few hundred bytes: they come in one piece, or the run says so.
      const end = chunk.indexOf(END);
      const head = chunk.toString('latin1', 0, end).toLowerCase();
      const at = head.indexOf(LENGTH);
      if (!head.startsWith('http/1.1 200') || at < 0) throw new Error(`the app answered ${chunk.toString('latin1')}`);
      this.#missing = end + END.length + Number.parseInt(head.slice(at + LENGTH.length), 10);
    }
    this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    this.#missing = -1;
    this.#answered(this);
  }
}

interface Target {
  port: number;
  path: string;
  connections: number;
}

interface Saturation {
  requests: number;
  awake: boolean;
}

function summary(latencies: Float64Array, started: number): Load {
  const elapsedMs = performance.now() - started;
  latencies.sort();
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]!;
  return { requests: latencies.length, elapsedMs, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/**
 * As fast as the app answers, a fixed number of requests.
 *
 * @param awake never sleeps: a write that must wake its reader costs the writer 2–4 µs, and a slow app would wake us
 * more often than a fast one. Not where others need this processor.
 */
function saturate({ port, path, connections, requests, awake }: Target & Saturation): Promise<Load> {
  return new Promise((resolve, reject) => {
    const latencies = new Float64Array(requests);
    let sent = 0;
    let answered = 0;
    const next = (caller: Caller): void => {
      if (sent >= requests) return;
      sent++;
      caller.send(performance.now());
    };
    let open = true;
    const close = (): void => {
      open = false;
      for (const caller of callers) caller.close();
    };
    const stayAwake = (): void => {
      if (open) setImmediate(stayAwake);
    };
    if (awake) stayAwake();
    const started = performance.now();
    const callers = Array.from(
      { length: Math.min(connections, requests) },
      () =>
        new Caller(
          port,
          path,
          (caller) => {
            latencies[answered++] = performance.now() - caller.due;
            if (answered === requests) {
              close();
              resolve(summary(latencies, started));
            } else next(caller);
          },
          (error) => {
            close();
            reject(error);
          },
        ),
    );
    callers.forEach(next);
  });
}

/** At a fixed rate, whether or not the app keeps up: a request that finds no connection free waits, and that counts. */
function pace({ port, path, connections, rate, ms }: Target & { rate: number; ms: number }): Promise<Load> {
  return new Promise((resolve, reject) => {
    const requests = Math.round((rate * ms) / 1000);
    const latencies = new Float64Array(requests);
    const waiting: number[] = [];
    let due = 0;
    let answered = 0;
    const close = (): void => {
      clearInterval(timer);
      for (const caller of callers) caller.close();
    };
    const failed = (error: Error): void => {
      close();
      reject(error);
    };
    const callers = Array.from(
      { length: connections },
      () =>
        new Caller(
          port,
          path,
          (caller) => {
            latencies[answered++] = performance.now() - caller.due;
            if (answered === requests) {
              close();
              resolve(summary(latencies, started));
            } else if (waiting.length > 0) caller.send(waiting.shift()!);
            else idle.push(caller);
          },
          failed,
        ),
    );
    const idle = [...callers];
    const started = performance.now();
    const timer = setInterval(() => {
      // From here on it counts, not from when it should have been: our own timer's delays are not the app's.
      const now = performance.now();
      for (const until = Math.min(requests, Math.floor(((now - started) * rate) / 1000)); due < until; due++) {
        const caller = idle.pop();
        if (caller) caller.send(now);
        else waiting.push(now);
      }
    }, 1);
  });
}

answer({ saturate, pace });
