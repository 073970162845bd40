import { setTimeout as sleep } from 'node:timers/promises';
import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { call, failsTimes, loop, post, send, type Program } from './programs.ts';

const none = (count: number): number[] => Array.from({ length: count }, () => 0);
const down = (): number => 503;

/** Each run of `fn` is a caller of its own, without a span: a socket's message, a library's timer. */
async function untraced(fn: () => Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  context.with(ROOT_CONTEXT, () => setTimeout(() => void fn().finally(resolve), 1));
  await promise;
}

/** Runs `times` times by `setInterval`. */
function everyTick(times: number, fn: () => Promise<unknown>): Promise<void> {
  return new Promise((done) => {
    let left = times;
    const timer = setInterval(async () => {
      if (left-- === 1) clearInterval(timer);
      const isLast = left === 0;
      await fn();
      if (isLast) done();
    }, 10);
  });
}

/** The first request of a program that cancels it. */
const arrived = Promise.withResolvers<void>();

/** Programs that send something again and again, and retry nothing. */
export const NO_RETRIES: Program[] = [
  {
    name: 'GraphQL: other operations after one that failed',
    answer: (_, __, body) => (body.includes('recommendations') ? 500 : 200),
    run: ({ url, inSpan }) =>
      inSpan('page', async () => {
        for (const query of ['recommendations', 'user', 'cart', 'checkout']) await post(`${url}/graphql`, { query });
      }),
    attempts: none(4),
  },
  {
    name: 'JSON-RPC: the next call',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('sync', async () => {
        for (const id of [1, 2, 3]) await post(url, { jsonrpc: '2.0', id, method: 'eth_getBlock', params: [id] });
      }),
    attempts: none(3),
  },
  {
    name: 'AWS JSON: another operation with the same empty body',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('tables', async () => {
        for (const operation of ['ListTables', 'DescribeLimits', 'DescribeEndpoints'])
          await post(url, {}, { 'x-amz-target': `DynamoDB_20120810.${operation}` });
      }),
    attempts: none(3),
  },
  {
    name: 'pages, one of which failed and is skipped',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('export', async () => {
        for (let page = 1; page <= 4; page++) await call(`${url}/items?page=${page}`);
      }),
    attempts: none(4),
  },
  {
    name: 'ranges of one file',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('download', async () => {
        for (const range of ['0-99', '100-199', '200-299']) await call(url, { headers: { range: `bytes=${range}` } });
      }),
    attempts: none(3),
  },
  {
    name: 'parts of an upload',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('upload', async () => {
        for (const part of ['aaaa', 'bbbb', 'cccc']) await call(`${url}/file`, { method: 'PUT', body: part });
      }),
    attempts: none(3),
  },
  {
    name: 'fan-outs with other bodies, one after the other',
    answer: failsTimes(3),
    run: ({ url, inSpan }) =>
      inSpan('score', async () => {
        await Promise.all([1, 2, 3, 4, 5].map((a) => post(`${url}/score`, { a })));
        await sleep(15);
        await Promise.all([6, 7, 8].map((a) => post(`${url}/score`, { a })));
      }),
    attempts: none(8),
  },
  {
    name: 'the same request several times at once, and once more',
    answer: (n, _, __, response) => {
      setTimeout(() => ((response.statusCode = n <= 3 ? 503 : 200), response.end()), 20);
    },
    run: ({ url, inSpan }) =>
      inSpan('hedge', async () => {
        await Promise.all([call(url), call(url), call(url)]);
        await Promise.all([call(url), call(url), call(url)]);
      }),
    attempts: none(6),
  },
  {
    name: 'an interval that asks for the health, while a request is open and the target is down',
    answer: down,
    run: ({ url, inSpan }) => inSpan('GET /', () => everyTick(10, () => call(`${url}/health`))),
    attempts: none(10),
  },
  {
    name: 'an interval without a caller',
    answer: down,
    run: ({ url }) => everyTick(10, () => call(`${url}/health`)),
    attempts: none(10),
  },
  {
    name: 'a heartbeat with the same body each time',
    answer: down,
    run: ({ url }) => everyTick(5, () => post(`${url}/heartbeat`, { worker: 1 })),
    attempts: none(5),
  },
  {
    name: 'a timer that sets itself again, without a caller, while the target is down',
    answer: down,
    run: ({ url }) =>
      new Promise<void>((done) => {
        const poll = async (left: number): Promise<void> => {
          await call(`${url}/health`);
          if (left === 1) done();
          else setTimeout(poll, 5, left - 1);
        };
        setTimeout(poll, 1, 5);
      }),
    attempts: none(5),
  },
  {
    name: 'two resolvers of one request, which need the same thing one after the other',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('POST /graphql', async () => {
        for (const field of ['Query.user', 'Query.cart']) await inSpan(field, () => call(`${url}/users/1`));
      }),
    attempts: none(2),
  },
  {
    name: 'users in line behind a lock that is a chain of promises',
    answer: down,
    run: async ({ url, inSpan }) => {
      let last: Promise<unknown> = Promise.resolve();
      const locked = (fn: () => Promise<unknown>): Promise<unknown> => (last = last.then(fn, fn));
      await Promise.all([1, 2, 3].map(() => inSpan('GET /', () => locked(() => call(`${url}/rates`)))));
      await Promise.all([1, 2, 3].map(() => untraced(() => locked(() => call(`${url}/rates`)))));
    },
    attempts: none(6),
  },
  {
    name: 'a new token, of 401 and of a server that was down before',
    answer: (n, { headers }) => (n === 1 ? 503 : headers.authorization === 'Bearer 3' ? 200 : 401),
    run: ({ url, inSpan }) =>
      inSpan('me', async () => {
        for (const token of [1, 2, 3]) await call(url, { headers: { authorization: `Bearer ${token}` } });
      }),
    attempts: none(3),
  },
  {
    name: 'a redirect',
    answer: (n, _, __, response) => {
      if (n > 1) return 200;
      response.writeHead(307, { location: '/' }).end();
      return undefined;
    },
    run: ({ url, inSpan }) => inSpan('GET /', () => call(url)),
    attempts: none(2),
  },
  {
    name: 'a poller that the first request started, which is over',
    answer: (n) => (n % 2 === 1 ? 503 : 200),
    run: async ({ url, inSpan }) => {
      const polled = Promise.withResolvers<void>();
      inSpan('GET /first', () => {
        const poll = async (left: number): Promise<void> => {
          await call(`${url}/health`);
          if (left === 1) polled.resolve();
          else setTimeout(() => void poll(left - 1), 5);
        };
        void sleep(5).then(() => poll(6));
      });
      await polled.promise;
    },
    attempts: none(6),
  },
  {
    name: 'waiting for a job, one of whose answers failed',
    answer: (n) => (n === 3 ? 503 : 200),
    run: ({ url, inSpan }) =>
      inSpan('report', async () => {
        for (let i = 0; i < 5; i++) {
          await call(`${url}/jobs/7`);
          await sleep(2);
        }
      }),
    attempts: none(5),
  },
  {
    name: 'the same without a caller',
    answer: (n) => (n >= 3 && n <= 4 ? 503 : 200),
    run: async ({ url }) => {
      for (let i = 0; i < 6; i++) {
        await call(`${url}/jobs/7`);
        await sleep(2);
      }
    },
    attempts: none(6),
  },
  {
    name: 'waiting until something is there',
    answer: failsTimes(3, 404),
    run: ({ url, inSpan }) => inSpan('wait', () => loop(() => call(url), 5)),
    attempts: none(4),
  },
  {
    name: "two users' identical requests, one after the other",
    answer: failsTimes(1),
    run: async ({ url, inSpan }) => {
      await inSpan('GET /rates', () => call(`${url}/rates`));
      await inSpan('GET /rates', () => call(`${url}/rates`));
    },
    attempts: none(2),
  },
  {
    name: 'users of a server that nobody traces',
    answer: down,
    run: async ({ url }) => {
      for (let i = 0; i < 4; i++) await untraced(() => call(`${url}/rates`));
    },
    attempts: none(4),
  },
  {
    name: 'one request for each user, told apart by a header',
    answer: failsTimes(2),
    run: ({ url, inSpan }) =>
      inSpan('digest', async () => {
        for (const user of ['a', 'b', 'c']) await call(`${url}/me`, { headers: { authorization: `Bearer ${user}` } });
      }),
    attempts: none(3),
  },
  {
    name: 'twenty-five users, one call each, through one limiter that runs them in the context of the first',
    answer: down,
    run: async ({ url, inSpan }) => {
      const waiting: (() => void)[] = [];
      let running = false;
      const limited = async (fn: () => Promise<unknown>): Promise<void> => {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(() => void fn().finally(() => (resolve(), next())));
        if (!running) next();
        await promise;
      };
      const next = (): void => {
        const task = waiting.shift();
        running = task !== undefined;
        task?.();
      };
      await Promise.all(Array.from({ length: 25 }, () => inSpan('GET /', () => limited(() => call(`${url}/score`)))));
    },
    attempts: none(25),
  },
  {
    name: 'what the user cancelled, and asked for again',
    answer: (n) => (n === 1 ? arrived.resolve() : 200),
    run: ({ url, inSpan }) =>
      inSpan('search', async () => {
        const controller = new AbortController();
        const first = call(`${url}/search?q=a`, { signal: controller.signal });
        await arrived.promise;
        controller.abort();
        await first;
        await call(`${url}/search?q=a`);
      }),
    attempts: none(2),
  },
  {
    name: 'two payments of the same amount',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('pay', async () => {
        for (const key of ['k1', 'k2']) await post(url, { amount: 5 }, { 'idempotency-key': key });
      }),
    attempts: none(2),
  },
  {
    name: 'another method of the same URL',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('check', async () => {
        for (const method of ['HEAD', 'GET', 'DELETE']) await call(url, { method });
      }),
    attempts: none(3),
  },
  {
    name: 'a batch with a span for each customer, who ask for the same page that fails',
    answer: down,
    run: ({ url, inSpan }) =>
      inSpan('batch', async () => {
        for (const customer of [1, 2, 3]) await inSpan(`customer ${customer}`, () => call(`${url}/prices`));
      }),
    attempts: none(3),
  },
  {
    name: 'a batch of customers at once, who ask for the same page that fails',
    answer: down,
    run: ({ url, inSpan }) => inSpan('batch', () => Promise.all([1, 2, 3].map(() => call(`${url}/prices`)))),
    attempts: none(3),
  },
  {
    name: 'two messages, handled one after the other',
    answer: down,
    run: async ({ url }) => {
      for (let i = 0; i < 2; i++) {
        const span = trace.getTracer('queue').startSpan('process', { kind: SpanKind.CONSUMER }, ROOT_CONTEXT);
        await context.with(trace.setSpan(ROOT_CONTEXT, span), () => post(`${url}/mail`, { to: 'x' }));
        span.end();
      }
    },
    attempts: none(2),
  },
  {
    name: 'two steps with spans of their own, at the same time',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('GET /', async () => {
        await Promise.all(
          ['prices', 'stock'].map((step, i) =>
            inSpan(step, async () => {
              await sleep(i * 10);
              await call(`${url}/config`);
            }),
          ),
        );
      }),
    attempts: none(2),
  },
  {
    name: 'parts of two streams by node:http',
    answer: failsTimes(1),
    run: ({ url, inSpan }) =>
      inSpan('metrics', async () => {
        await send(`${url}/write`, 'POST', 'cpu 1');
        await send(`${url}/write`, 'POST', 'cpu 2');
      }),
    attempts: none(2),
  },
];
