/* Libraries above `node:http` and `fetch`: one span a request on the wire, below the caller, whose id the server gets. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, testedVersions } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { record, spanHere } from './recording.ts';

interface Client {
  /** Gives the body; status codes from 400 on may reject. */
  get(url: string): Promise<string>;
  post(url: string, body: string): Promise<string>;
}

const fetchLike = (fetchIt: any): Client => ({
  get: async (url) => (await fetchIt(url)).text(),
  post: async (url, body) => (await fetchIt(url, { method: 'POST', body })).text(),
});

const gotLike =
  (retry: unknown) =>
  ({ default: got }: any): Client => ({
    get: async (url) => (await got(url, { retry })).body,
    post: async (url, body) => (await got.post(url, { body, retry })).body,
  });

const axiosLike = ({ default: axios }: any): Client => ({
  get: async (url) => (await axios.get(url)).data,
  post: async (url, body) => (await axios.post(url, body, { headers: { 'content-type': 'text/plain' } })).data,
});

const superagentLike = ({ default: superagent }: any): Client => ({
  get: async (url) => (await superagent.get(url)).text,
  post: async (url, body) => (await superagent.post(url).type('text').send(body)).text,
});

const kyLike = ({ default: ky }: any): Client => ({
  get: (url) => ky.get(url, { retry: 0 }).text(),
  post: (url, body) => ky.post(url, { body, retry: 0 }).text(),
});

const GOT: Record<string, (module: any) => Client> = {
  'got-11': gotLike(0),
  'got-12': gotLike({ limit: 0 }),
  'got-13': gotLike({ limit: 0 }),
  'got-14': gotLike({ limit: 0 }),
  'got-15': gotLike({ limit: 0 }),
  got: gotLike({ limit: 0 }),
};

/** By the name it is installed as. */
const CLIENTS: Record<string, (module: any) => Client> = {
  axios: axiosLike,
  'axios-0': axiosLike,
  ky: kyLike,
  'ky-1': kyLike,
  needle: ({ default: needle }) => ({
    get: async (url) => String((await needle('get', url, { follow_max: 3 })).body),
    post: async (url, body) => String((await needle('post', url, body)).body),
  }),
  'node-fetch': ({ default: fetchIt }) => fetchLike(fetchIt),
  'node-fetch-2': ({ default: fetchIt }) => fetchLike(fetchIt),
  ofetch: ({ ofetch }) => ({
    get: (url) => ofetch(url, { retry: 0, responseType: 'text' }),
    post: (url, body) => ofetch(url, { method: 'POST', body, retry: 0, responseType: 'text' }),
  }),
  superagent: superagentLike,
  'superagent-8': superagentLike,
};

const recording = record();
const received: IncomingMessage[] = [];
const server = createServer((request, response) => {
  received.push(request);
  if (request.url === '/moved') response.writeHead(302, { location: '/there' }).end();
  else if (request.url === '/broken') response.writeHead(500).end('broken');
  else request.on('end', () => response.setHeader('content-type', 'text/plain').end('hello')).resume();
});
let base: string;

beforeAll(async () => {
  recording.enable();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  received.length = 0;
  recording.clear();
});
afterAll(() => {
  recording.stop();
  server.closeAllConnections();
  server.close();
});

/** The spans of the client, once those of the server, one a request, and the caller's have ended. */
async function made(requests: number, run: () => Promise<unknown>) {
  await recording.inSpan('caller', async () => {
    const before = spanHere();
    await run();
    expect(spanHere()).toBe(before);
  });
  const spans = await recording.until(requests + received.length + 1);
  const caller = spans.find(({ name }) => name === 'caller')!;
  const calls = spans.filter(({ kind }) => kind === 'CLIENT');
  expect(spans).toHaveLength(requests + received.length + 1);
  expect(calls.map(({ traceId }) => traceId)).toEqual(calls.map(() => caller.traceId));
  expect(received.map(({ headers }) => headers['traceparent'])).toEqual(
    calls.slice(0, received.length).map(({ traceId, spanId }) => `00-${traceId}-${spanId}-03`),
  );
  return { calls, caller };
}

describe.each([...Object.entries(CLIENTS), ...testedVersions(Object.entries(GOT))])('%s', (name, clientOf) => {
  let client: Client;
  beforeAll(async () => {
    client = clientOf(await import(name));
  });

  it('a request has one span, below its caller', async () => {
    const { calls, caller } = await made(1, async () => expect(await client.get(`${base}/`)).toBe('hello'));
    expect(calls).toMatchObject([
      {
        name: 'GET',
        parentSpanId: caller.spanId,
        attributes: { 'http.response.status_code': 200, 'url.full': `${base}/` },
      },
    ]);
  });

  it('so has one with a body', async () => {
    const { calls } = await made(1, async () => expect(await client.post(`${base}/`, 'x'.repeat(9_999))).toBe('hello'));
    expect(calls).toMatchObject([{ name: 'POST', attributes: { 'http.response.status_code': 200 } }]);
  });

  it('a redirect is a request of its own, below the same caller', async () => {
    const { calls, caller } = await made(2, async () => expect(await client.get(`${base}/moved`)).toBe('hello'));
    expect(calls).toMatchObject([
      { attributes: { 'http.response.status_code': 302 } },
      { attributes: { 'http.response.status_code': 200, 'url.full': `${base}/there` } },
    ]);
    for (const { parentSpanId, traceId } of calls) {
      expect(traceId).toBe(caller.traceId);
      expect(parentSpanId).toBe(caller.spanId);
    }
  });

  it('a status code of 500 is an error, once', async () => {
    const { calls } = await made(1, () => client.get(`${base}/broken`).catch(() => {}));
    expect(calls).toMatchObject([
      { status: { code: 'ERROR' }, attributes: { 'http.response.status_code': 500, 'error.type': '500' } },
    ]);
  });

  it('so is a connection that is refused', async () => {
    const refusing = `http://127.0.0.1:${await freePort()}/`;
    const { calls } = await made(1, () => expect(client.get(refusing)).rejects.toBeInstanceOf(Error));
    expect(calls).toMatchObject([{ status: { code: 'ERROR' }, attributes: { 'error.type': 'ECONNREFUSED' } }]);
  });
});
