import { NODES, PRELOAD, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

const WORKERS = 4;

function start(
  { how = 'plain', end = '', node = 24 as 22 | 24 | 26, workers = WORKERS } = {},
  env: Record<string, string> = {},
) {
  return runFixture(new URL('./fixtures/workers.cjs', import.meta.url), {
    node,
    args: [String(workers), how, end],
    collector,
    // Longer than the test, so that what arrives does so because of how a thread ended; and time for a loaded machine.
    env: { PRELOAD, OTEL_BSP_SCHEDULE_DELAY: '60000', FORESHOCK_FLUSH_MS: '60000', ...env },
  });
}

/** How many of each there are, no span twice. */
function counts(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of new Map(collector.spans.map((span) => [span.spanId, span.name])).values()) {
    found[name] = (found[name] ?? 0) + 1;
  }
  expect(collector.spans).toHaveLength(Object.values(found).reduce((sum, spans) => sum + spans, 0));
  return found;
}

describe.each(NODES)('spans of worker threads on Node %i are delivered, each once', (node) => {
  it.each([
    ['terminate', 0, { early: 600 * WORKERS }],
    ['process.exit() in the main thread', 0, { early: 600 * WORKERS }],
    ['process.exit() in the worker', 0, { early: 600 * WORKERS, late: WORKERS }],
    ['an error in the worker', 1, { early: 600 * WORKERS }],
    ['', 0, { early: 600 * WORKERS, late: WORKERS }],
  ])('%s', async (end, code, expected) => {
    const app = await start({ node, end });
    const exit = await app.exited;
    expect(exit.code).toBe(code);
    expect(counts()).toMatchObject(expected);
  });
});

describe('spans of worker threads are delivered', () => {
  it.each([
    ['shared environment', 1],
    ['its own options', 1],
    ['limits of its own', 1],
    ['eval', 1],
    ['nested', 2],
  ])('%s', async (how, each) => {
    const app = await start({ how });
    expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
    expect(counts()).toEqual({ early: 600 * WORKERS * each, late: WORKERS * each });
  });

  it('to the destinations of the process, with the resource of the worker', async () => {
    const app = await start({ how: 'its own environment' });
    expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
    expect(counts()).toEqual({ early: 600 * WORKERS, late: WORKERS });
    expect(new Set(collector.spans.map(({ resource }) => resource['service.name']))).toEqual(new Set(['worker']));
  });

  it('while the main thread is blocked', async () => {
    const app = await start({ end: 'the main thread blocked' }, { OTEL_BSP_SCHEDULE_DELAY: '50' });
    await collector.waitForSpans(600 * WORKERS, { timeoutMs: 60_000 });
    app.kill('SIGKILL');
    expect(counts()).toEqual({ early: 600 * WORKERS });
  });
});

it('forceFlush in a worker thread waits until its spans are delivered', async () => {
  const app = await start({ end: 'forceFlush' });
  await app.waitForLine('stdout', (line) => line === 'FLUSHED');
  app.kill('SIGKILL');
  expect(counts()).toEqual({ early: 600 * WORKERS, late: WORKERS });
});

it('all worker threads share one sender', async () => {
  const app = await start({ end: 'wait' }, { OTEL_BSP_SCHEDULE_DELAY: '50' });
  await collector.waitForSpans(600 * WORKERS, { timeoutMs: 60_000 });
  app.send('threads');
  const line = await app.waitForLine('stdout', (candidate) => candidate.startsWith('THREADS '));
  const threads = (JSON.parse(line.slice('THREADS '.length)) as string[]).filter((name) =>
    /^WorkerThread|^foreshock/.test(name),
  );
  expect(threads.toSorted()).toEqual([
    'WorkerThread',
    'WorkerThread',
    'WorkerThread',
    'WorkerThread',
    'foreshock-sende',
  ]);
});

it('a wrong setting is logged once, not by every worker', async () => {
  const app = await start({ how: 'nested' }, { OTEL_BSP_EXPORT_TIMEOUT: 'soon' });
  const { stderr } = await app.exited;
  expect(stderr.match(/OTEL_BSP_EXPORT_TIMEOUT/g)).toHaveLength(1);
});

it('what worker threads lose is counted with the rest, and logged by the main thread', async () => {
  collector.respond({ status: 503 });
  const app = await start(
    { end: 'wait', workers: 2 },
    { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_BSP_MAX_QUEUE_SIZE: '512', FORESHOCK_SPOOL_BYTES: '262144' },
  );
  await app.waitForLine('stderr', (line) => line.includes('cannot be reached'));
  collector.respond(undefined);
  const line = await app.waitForLine('stderr', (candidate) => candidate.includes('answers again'));
  const dropped = Number(/(\d+) spans? dropped: spool_full \1$/.exec(line)?.[1] ?? 0);
  await collector.waitForSpans(1_200 - dropped, { timeoutMs: 60_000 });
  expect(counts()).toEqual({ early: 1_200 - dropped });
});
