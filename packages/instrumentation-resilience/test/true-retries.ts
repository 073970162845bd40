import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, failsTimes, loop, post, send, type Program } from './programs.ts';

const numbers = (count: number): number[] => [0, ...Array.from({ length: count - 1 }, (_, i) => i + 2)];

/** Programs that try again until it works, or they have had enough. */
export const TRUE_RETRIES: Program[] = [
  {
    name: 'at once, without a pause',
    answer: failsTimes(6),
    run: ({ url, inSpan }) => inSpan('hot', () => loop(() => call(url), 10, 0)),
    attempts: numbers(7),
  },
  ...[408, 425, 429, 502].map(
    (status) =>
      ({
        name: `after ${status}`,
        answer: failsTimes(2, status),
        run: ({ url, inSpan }) => inSpan('job', () => loop(() => call(url), 5)),
        attempts: numbers(3),
      }) satisfies Program,
  ),
  {
    name: 'without a caller that has a span',
    answer: failsTimes(2),
    run: ({ url }) => loop(() => call(`${url}/worker`), 5),
    attempts: numbers(3),
  },
  {
    name: 'an outbox, entry by entry, without a caller that has a span',
    answer: (n) => (n === 1 || n === 2 || n === 4 ? 503 : 200),
    run: async ({ url }) => {
      for (const id of [1, 2]) await loop(() => post(`${url}/hook`, { id }), 5);
    },
    attempts: [0, 2, 3, 0, 2],
  },
  {
    name: 'a span of its own around each attempt',
    answer: failsTimes(2),
    run: ({ url, inSpan }) => inSpan('GET /', () => loop(() => inSpan('fetchUser', () => call(url)), 5)),
    attempts: numbers(3),
  },
  {
    name: 'two spans around each attempt, one with its number',
    answer: failsTimes(2),
    run: ({ url, inSpan }) => {
      let i = 0;
      return inSpan('GET /', () => loop(() => inSpan(`attempt ${++i}`, () => inSpan('user', () => call(url))), 5));
    },
    attempts: numbers(3),
  },
  {
    name: 'the same body',
    answer: failsTimes(2),
    run: ({ url, inSpan }) => inSpan('order', () => loop(() => post(`${url}/orders`, { sku: 'a', count: 2 }), 5)),
    attempts: numbers(3),
  },
  {
    name: 'the same body by node:http, after a connection that broke',
    answer: (n, request) => {
      if (n === 3) return 200;
      request.socket.destroy();
      return undefined;
    },
    run: ({ url, inSpan }) => inSpan('order', () => loop(() => send(url, 'POST', '{"sku":"a"}'), 5)),
    attempts: numbers(3),
  },
  {
    name: 'the same body by node:http, in parts',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('order', () =>
        loop(
          () =>
            new Promise((resolve) => {
              const request = httpRequest(url, { method: 'POST' }, (response) => {
                response.resume().once('end', () => resolve(response.statusCode === 200));
              });
              Readable.from(['one', 'two']).pipe(request);
            }),
          3,
        ),
      ),
    attempts: numbers(2),
  },
  {
    name: 'a body that differs, under one Idempotency-Key',
    answer: failsTimes(1),
    run: ({ url, inSpan }) => {
      let sentAt = 0;
      return inSpan('pay', () => loop(() => post(url, { sentAt: sentAt++ }, { 'Idempotency-Key': 'k' }), 3));
    },
    attempts: numbers(2),
  },
  {
    name: 'headers that count and date each attempt',
    answer: failsTimes(1),
    run: ({ url, inSpan }) => {
      let i = 0;
      const headers = (): Record<string, string> => ({
        'x-retry-count': String(i++),
        'x-request-id': `r${i}`,
        'x-amz-date': `2026010${i}`,
        authorization: `AWS4-HMAC-SHA256 Credential=a/2026010${i}, Signature=${i}`,
      });
      return inSpan('sdk', () => loop(() => post(url, {}, headers()), 3));
    },
    attempts: numbers(2),
  },
  {
    name: 'after a body that broke off',
    answer: (n, _, __, response) => {
      if (n === 3) return 200;
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => response.destroy());
      return undefined;
    },
    run: ({ url, inSpan }) => inSpan('read', () => loop(() => call(url), 5)),
    attempts: numbers(3),
  },
  {
    name: 'after a time-out while the body was read',
    answer: (n, _, __, response) => {
      if (n === 3) return 200;
      response.writeHead(200);
      response.write('half');
      return undefined;
    },
    run: ({ url, inSpan }) => inSpan('read', () => loop(() => call(url, { signal: AbortSignal.timeout(200) }), 5)),
    attempts: numbers(3),
  },
  {
    name: 'by recursion and a timer',
    answer: failsTimes(2),
    run: ({ url, inSpan }) => {
      const attempt = (): Promise<unknown> =>
        call(url).then((ok) => (ok ? undefined : new Promise((done) => setTimeout(() => done(attempt()), 5))));
      return inSpan('GET /', attempt);
    },
    attempts: numbers(3),
  },
  {
    name: 'two loops at once, of two URLs',
    answer: (n) => (n <= 2 ? 503 : 200),
    run: ({ url, inSpan }) =>
      inSpan('both', async () => {
        const [a] = [loop(() => call(`${url}/a`), 3, 20)];
        await sleep(5);
        await Promise.all([a, loop(() => call(`${url}/b`), 3, 20)]);
      }),
    attempts: [0, 0, 2, 2],
  },
];
