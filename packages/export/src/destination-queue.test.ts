import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Outcome } from './backend.ts';
import { DestinationQueue } from './destination-queue.ts';
import type { RecordBatch } from './otlp-request.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const batch = (number: number): RecordBatch => ({ bytes: Buffer.alloc(10), number, start: 0, end: 10, spans: 1 });

/** A queue whose backend answers when the test says so. */
function start() {
  const answers: ((outcome: Outcome) => void)[] = [];
  const requests: number[] = [];
  const queue = new DestinationQueue(
    { send: ([first]) => (requests.push(first!.number), new Promise((resolve) => answers.push(resolve))) },
    1,
    { backoffMs: 1_000, maxBackoffMs: 30_000 },
    false,
    { finished() {}, sent() {}, unreachable() {}, refused() {} },
  );
  return { queue, answer: (outcome: Outcome) => void answers.shift()!(outcome), sent: () => requests.length, requests };
}

/** How long after the flush began it was over, in steps of 100 ms. */
async function timeOf(flush: Promise<void>, during?: (ms: number) => void): Promise<number> {
  let isOver = false;
  void flush.then(() => (isOver = true));
  for (let ms = 0; ; ms += 100) {
    during?.(ms);
    await vi.advanceTimersByTimeAsync(0);
    if (isOver) return ms;
    await vi.advanceTimersByTimeAsync(100);
  }
}

it.each([
  ['just now: all the time there is', 0, 2_000],
  ['a while ago: the rest of that time', 800, 1_200],
  ['long ago: a quarter, for it may come back', 60_000, 500],
])('a backend that was sent something %s', async (_, ago, waits) => {
  const { queue } = start();
  queue.push(batch(1));
  await vi.advanceTimersByTimeAsync(ago);
  queue.push(batch(2));
  expect(await timeOf(queue.flush(2_000))).toBe(waits);
});

it('a backend that answers during the flush gets all the time there is', async () => {
  const { queue, answer } = start();
  queue.push(batch(1));
  await vi.advanceTimersByTimeAsync(10_000);
  queue.push(batch(2));
  const flush = timeOf(queue.flush(2_000), (ms) => {
    if (ms === 300) answer({ kind: 'delivered' });
  });
  expect(await flush).toBe(2_000);
});

it('a backend that answers one of several requests is not silent', async () => {
  const { queue, answer } = start();
  queue.push(batch(1));
  queue.push(batch(2));
  await vi.advanceTimersByTimeAsync(10_000);
  answer({ kind: 'delivered' });
  await vi.advanceTimersByTimeAsync(0);
  expect(await timeOf(queue.flush(2_000))).toBe(2_000);
});

it('a backend that has not answered before gets a quarter', async () => {
  const { queue, answer } = start();
  queue.push(batch(1));
  answer({ kind: 'retry', cause: 'no answer' });
  await vi.advanceTimersByTimeAsync(0);
  expect(await timeOf(queue.flush(2_000))).toBe(500);
});

it('after an outage sends one request at a time, with pauses, until nothing waits; a flush does not pause', async () => {
  const { queue, answer, sent } = start();
  queue.push(batch(0));
  answer({ kind: 'retry', cause: 'HTTP 503' });
  await vi.advanceTimersByTimeAsync(0);
  for (let number = 1; number < 8; number++) queue.push(batch(number));
  await vi.advanceTimersByTimeAsync(1_000);
  const times: number[] = [];
  for (let done = 2; done < 5; done++) {
    answer({ kind: 'delivered' });
    const from = performance.now();
    while (sent() === done) await vi.advanceTimersByTimeAsync(1);
    expect(sent()).toBe(done + 1);
    times.push(performance.now() - from);
  }
  for (const ms of times) expect(ms).toBeGreaterThanOrEqual(24);
  for (const ms of times) expect(ms).toBeLessThanOrEqual(76);
  answer({ kind: 'delivered' });
  await vi.advanceTimersByTimeAsync(0);
  expect(sent()).toBe(5);
  void queue.flush(1_000);
  expect(sent()).toBe(6);
  answer({ kind: 'delivered' });
  await vi.advanceTimersByTimeAsync(0);
  expect(sent()).toBe(7);
});

it('requests that fail together are sent again oldest first', async () => {
  const { queue, answer, requests } = start();
  for (let number = 0; number < 4; number++) queue.push(batch(number));
  const underWay = requests.length;
  expect(underWay).toBeGreaterThan(1);
  for (let i = 0; i < underWay; i++) answer({ kind: 'retry', cause: 'ECONNREFUSED' });
  await vi.advanceTimersByTimeAsync(1_000);
  for (let i = 0; i < 3; i++) {
    answer({ kind: 'delivered' });
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(requests.slice(underWay)).toEqual([0, 1, 2, 3]);
});

it('many processes that an outage has ended for do not come together: each sends at its own random times', async () => {
  const PROCESSES = 50;
  const BATCHES = 40;
  let isBack = false;
  const at: number[] = [];
  const answered = async (): Promise<Outcome> => {
    at.push(performance.now());
    await new Promise((resolve) => setTimeout(resolve, 5));
    return isBack ? { kind: 'delivered' } : { kind: 'retry', cause: 'ECONNREFUSED' };
  };
  for (let process = 0; process < PROCESSES; process++) {
    const queue = new DestinationQueue({ send: answered }, 1, { backoffMs: 1_000, maxBackoffMs: 30_000 }, false, {
      finished() {},
      sent() {},
      unreachable() {},
      refused() {},
    });
    for (let number = 0; number < BATCHES; number++) queue.push(batch(number));
  }
  await vi.advanceTimersByTimeAsync(300_000);
  isBack = true;
  at.length = 0;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(at).toHaveLength(PROCESSES * BATCHES);
  const first = at[0]!;
  const inTenths = Map.groupBy(at, (ms) => Math.floor((ms - first) / 100));
  const most = Math.max(...Array.from(inTenths.values(), ({ length }) => length));
  // All at once would be 50 in each pause of 50 ms: 100 in a tenth of a second, and 2,000 in the first without pauses.
  expect(most).toBeLessThanOrEqual(60);
  // They begin over half of the longest delay.
  expect(at.at(-1)! - first).toBeGreaterThan(10_000);
});

it('what is too large has not arrived', async () => {
  const heard: string[] = [];
  const answers: Outcome[] = [{ kind: 'too_large', cause: 'HTTP 413' }, { kind: 'delivered' }];
  const send = async (_: unknown, sent?: () => void): Promise<Outcome> => {
    sent?.();
    return answers.shift()!;
  };
  const queue = new DestinationQueue({ send }, 8, { backoffMs: 1_000, maxBackoffMs: 30_000 }, false, {
    finished: () => void heard.push('finished'),
    sent: (_, isSent) => void heard.push(isSent ? 'sent' : 'not sent'),
    unreachable() {},
    refused() {},
  });
  queue.push({ ...batch(1), spans: 2 });
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual(['sent', 'not sent', 'sent', 'finished']);
});
