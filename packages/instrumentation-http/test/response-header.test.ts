import http, { type RequestListener } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { record, type Recording } from './recording.ts';
import { connect, listen } from './wire.ts';

let recorded: Recording;
afterEach(() => recorded.stop());

const serve = (handler: RequestListener): Promise<number> => listen(http.createServer(handler));
const GET = (path: string, ...headers: string[]): string[] => [`GET ${path} HTTP/1.1`, 'Host: a', ...headers, '', ''];

it('x-trace-id stands behind the headers of the application, however it sets them', async () => {
  recorded = record();
  const port = await serve((request, response) => {
    if (request.url === '/set') response.setHeader('a', 'b');
    else response.writeHead(200, request.url === '/list' ? ['a', 'b'] : { a: 'b' });
    response.end();
  });
  for (const path of ['/set', '/object', '/list']) {
    const wire = await connect(port);
    wire.send(...GET(path, 'Connection: close', 'x-trace-id: order-1'));
    const head = (await wire.closed()).split('\r\n\r\n')[0]!.split('\r\n');
    expect([head[1], head.at(-1)]).toEqual(['a: b', 'x-trace-id: order-1']);
  }
});

it('x-trace-id is left out where it is not wanted', async () => {
  recorded = record({ tellTrace: false });
  const wire = await connect(await serve((_request, response) => response.end()));
  wire.send(...GET('/', 'Connection: close', 'x-trace-id: order-1'));
  expect(await wire.closed()).not.toContain('x-trace-id');
  expect(await recorded.until(1)).toHaveLength(1);
});
