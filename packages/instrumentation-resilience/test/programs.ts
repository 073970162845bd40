import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorded } from '@foreshock/testkit';

/** What a server answers to its `n`th request, 1 is the first: a status, or something of its own. */
export type Answer = (n: number, request: IncomingMessage, body: string, response: ServerResponse) => number | void;

export interface World {
  url: string;
  inSpan: Recorded['inSpan'];
}

/** A program as people write it, and which of its calls are attempts of a loop. */
export interface Program {
  name: string;
  answer: Answer;
  run: (world: World) => Promise<unknown>;
  /** `retry.attempt` of each call, in the order in which they began; 0: none. */
  attempts: number[];
}

export const failsTimes =
  (times: number, status = 503): Answer =>
  (n) =>
    n <= times ? status : 200;

export async function startServer(answer: Answer): Promise<{ url: string; close(): Promise<void> }> {
  let n = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const status = answer(++n, request, body, response);
      if (status === undefined) return;
      response.statusCode = status;
      response.end(JSON.stringify({ status }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** One request, read to its end. */
export async function call(url: string, init?: RequestInit): Promise<boolean> {
  try {
    const response = await fetch(url, init);
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<boolean> {
  return call(url, { method: 'POST', body: JSON.stringify(body), headers });
}

/** Until it works, as everybody has written it once. */
export async function loop(attempt: () => Promise<boolean>, times: number, backoffMs = 5): Promise<void> {
  for (let i = 1; i <= times; i++) {
    if (await attempt()) return;
    if (backoffMs > 0) await sleep(backoffMs);
  }
}

/** By node:http. */
export function send(url: string, method: string, body?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = httpRequest(url, { method }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
      response.once('error', () => resolve(false));
    });
    request.once('error', () => resolve(false));
    request.end(body);
  });
}
