import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A server that does what the path says, behind `/for/<anybody>` too: `/fail/2/<name>` gives 503 two times and 200 then,
 * `/status/404`, `/slow/300`, `/reset`.
 */
export interface FailingServer {
  readonly url: string;
  /** What came in since {@link forget}. */
  readonly requests: { method: string; path: string; headers: IncomingHttpHeaders }[];
  forget(): void;
  close(): Promise<void>;
}

export async function startFailingServer(): Promise<FailingServer> {
  const requests: FailingServer['requests'] = [];
  const failures = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]!;
    requests.push({ method: request.method ?? '', path, headers: request.headers });
    const [, what, how] = path.replace(/^\/for\/[^/]+/, '').split('/');
    const answer = (status: number): void => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status }));
    };
    if (what === 'status') return answer(Number(how));
    if (what === 'slow') return void setTimeout(() => answer(200), Number(how));
    if (what === 'reset') return void request.socket.destroy();
    const failed = failures.get(path) ?? 0;
    failures.set(path, failed + 1);
    // Once the body is here: a client that is answered before may never send it.
    request.resume().once('end', () => answer(failed < Number(how) ? 503 : 200));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    forget() {
      requests.length = 0;
      failures.clear();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
