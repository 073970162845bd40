import { createServer, get } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { saysStale } from '../src/stale.ts';
import { record } from './recording.ts';

const recorded = record();
// After it: as under the preload, before the application has it.
const require = createRequire(import.meta.url);
const undici8 = require('undici') as typeof import('undici');
const undici7 = require('undici-7') as typeof import('undici');
afterEach(() => recorded.clear());
afterAll(() => recorded.stop());

async function serving(answer: Parameters<typeof createServer>[1]): Promise<{ url: string; close: () => void }> {
  // Its spans are not looked at.
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Of the caller's span. */
async function degradedIn(call: () => Promise<unknown>): Promise<unknown> {
  recorded.clear();
  await recorded.inSpan('caller', call);
  const { attributes } = recorded.spans().find(({ name }) => name === 'caller')!;
  return attributes['degraded.mode'] && [attributes['degraded.mode'], attributes['degraded.feature']];
}

it.each([
  [['Warning', '110 - "Response is Stale"'], true],
  [['WARNING', '299 - "other", 111 cache "Revalidation Failed"'], true],
  [['Warning', '113 - "Heuristic Expiration"'], false],
  [['Warning', '214 - "110 things"'], false],
  [['Cache-Status', 'Origin; hit; ttl=30, CDN; hit; ttl=-412'], true],
  [['cache-status', '"a; hit; ttl=-1"; fwd=stale, CDN; hit; ttl=1'], false],
  [['cache-status', 'CDN; fwd=stale; ttl=-3'], false],
  [['Content-Type', 'text/plain', 'Warning'], false],
  [['Cache-Control', 'max-age=60, stale-while-revalidate=600', 'Cache-Status', 'CDN; hit; ttl=-412'], false],
  [['CDN-Cache-Control', 'stale-while-revalidate=600', 'Cache-Status', 'CDN; hit; ttl=-412'], false],
  [['Cache-Status', 'CDN; hit; ttl=-601', 'Cache-Control', 'max-age=60, stale-while-revalidate=600'], true],
  [['Warning', '110 - "Response is Stale"', 'Cache-Control', 'stale-while-revalidate=30'], false],
  [['Warning', '111 - "Revalidation Failed"', 'Cache-Control', 'stale-while-revalidate=30'], true],
  [[Buffer.from('warning'), Buffer.from('110 - stale')], true],
  [['warning', ['110 - stale']], true],
  [{ warning: '110 - stale' }, false],
])('reads %j as stale: %s', (headers, expected) => {
  expect(saysStale(headers)).toBe(expected);
});

it('a cache on the way that says its answer is old', async () => {
  const { url, close } = await serving((request, response) => {
    if (request.url === '/stale') response.setHeader('cache-status', 'edge; hit; ttl=-9');
    response.end('2');
  });
  const feature = ['stale', new URL(url).host];
  const byHttp = (path: string) => async (): Promise<void> => {
    const [response] = await once(get(`${url}${path}`), 'response');
    response.resume();
    await once(response, 'end');
  };
  const byFetch = (path: string) => async (): Promise<string> => (await fetch(`${url}${path}`)).text();
  for (const by of [byHttp, byFetch]) {
    expect(await degradedIn(by('/stale'))).toEqual(feature);
    expect(await degradedIn(by('/fresh'))).toBeUndefined();
  }
  close();
});

describe.each([
  ['undici 8', undici8],
  ['undici 7', undici7],
])('the cache of %s', (_, { Agent, interceptors, request }) => {
  it('answers in place of a failing server, and says so; not after a 304', async () => {
    let status = 200;
    const { url, close } = await serving((_request, response) => {
      const headers = { 'cache-control': 'max-age=1, stale-if-error=60', etag: '"1"' };
      response.writeHead(status, headers).end(status === 200 ? '2' : undefined);
    });
    const dispatcher = new Agent().compose(interceptors.cache());
    const ask = async (): Promise<[number, string]> => {
      const { statusCode, body } = await request(url, { dispatcher });
      return [statusCode, await body.text()];
    };
    expect(await degradedIn(ask)).toBeUndefined();
    // The directive counts whole seconds.
    await delay(1_100);
    status = 503;
    expect(await degradedIn(async () => expect(await ask()).toEqual([200, '2']))).toEqual(['stale', undefined]);
    status = 304;
    expect(await degradedIn(async () => expect(await ask()).toEqual([200, '2']))).toBeUndefined();
    close();
  });
});
