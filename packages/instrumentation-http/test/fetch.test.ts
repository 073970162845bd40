import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { afterAll, afterEach, expect, it } from 'vitest';
import { record } from './recording.ts';
import { answering, describeClient, describeFetch, OK, outcome } from './undici-client.ts';

// Without npm's undici in the process, whose dispatcher Node's `fetch` would use.
const recorded = record();
afterEach(() => recorded.clear());
afterAll(() => recorded.stop());

describeClient('fetch of Node', (url, options) => fetch(url, options), recorded);
describeFetch('fetch of Node', (url, options) => fetch(url, options), recorded);

it('redirects are calls of one caller, side by side', async () => {
  const origin = await answering((socket, head) =>
    socket.write(
      head.startsWith('GET /next') ? OK : 'HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n',
    ),
  );
  await recorded.inSpan('caller', async () => (await fetch(origin)).text());
  const [first, second, caller] = await recorded.until(3);
  expect([first, second].map((span) => [span!.attributes['http.response.status_code'], span!.parentSpanId])).toEqual([
    [302, caller!.spanId],
    [200, caller!.spanId],
  ]);
});

it('as many redirects as are allowed leave no listeners that Node warns of', async () => {
  const origin = await answering((socket) =>
    socket.write('HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n'),
  );
  const warnings: string[] = [];
  const hear = (warning: Error): number => warnings.push(warning.name);
  process.on('warning', hear);
  await expect(fetch(origin)).rejects.toThrow('fetch failed');
  await recorded.until(21);
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});

it('a WebSocket of Node ends with 101', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  socket.close();
  await new Promise((resolve) => socket.addEventListener('close', resolve));
  const span = (await recorded.until(2)).find(({ kind }) => kind === 'CLIENT')!;
  expect(outcome(span)).toEqual({ status: 101, type: undefined, code: 'UNSET' });
  server.close();
});
