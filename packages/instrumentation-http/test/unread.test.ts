import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { setImmediate as immediate } from 'node:timers/promises';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { record } from './recording.ts';
import { answering } from './undici-client.ts';

const recorded = record();
beforeAll(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => recorded.clear());
afterAll(() => {
  vi.useRealTimers();
  recorded.stop();
});

/** More than the buffers between here and there can take. */
const HUGE = `HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n`;

/** Writes as long as the client reads; resolves when it stops. */
const pouring = async (): Promise<{ origin: string; full: Promise<void> }> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const origin = await answering((socket) => {
    socket.write(HUGE);
    const pour = (): void => {
      if (socket.destroyed) return;
      if (!socket.write('x'.repeat(1_000_000))) return resolve();
      setImmediate(pour);
    };
    pour();
    socket.on('drain', pour);
  });
  return { origin, full: promise };
};

it.each<[string, (origin: string) => Promise<unknown>]>([
  ['node:http', async (origin) => (await once(http.get(origin, { agent: false }), 'response')) as [IncomingMessage]],
  ['undici', (origin) => request(origin)],
])('a body that is never read does not keep a call of %s open', async (_, call) => {
  const { origin, full } = await pouring();
  const kept = await call(origin);
  await full;
  // What is in flight arrives.
  for (let i = 0; i < 50; i++) await immediate();
  vi.advanceTimersByTime(60_000);
  expect(recorded.spans()).toEqual([]);
  vi.advanceTimersByTime(60_000);
  const [span] = recorded.spans();
  expect(span).toMatchObject({ status: { code: 'UNSET' }, attributes: { 'http.response.status_code': 200 } });
  expect(span!.attributes).toHaveProperty('http.phase.ttfb_ms');
  expect(span!.attributes).not.toHaveProperty('http.phase.download_ms');
  expect(kept).toBeDefined();
});

it('a slow download stays open', async () => {
  const chunks: (() => void)[] = [];
  const origin = await answering((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
    chunks.push(() => void socket.write('x'));
  });
  const { body } = await request(origin);
  const chunksRead = body[Symbol.asyncIterator]();
  for (let i = 0; i < 4; i++) {
    vi.advanceTimersByTime(60_000);
    expect(recorded.spans()).toEqual([]);
    chunks[0]!();
    expect(String((await chunksRead.next()).value)).toBe('x');
  }
  expect((await chunksRead.next()).done).toBe(true);
  expect((await recorded.until(1))[0]).toMatchObject({ name: 'GET', status: { code: 'UNSET' } });
});
