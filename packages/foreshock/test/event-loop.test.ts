import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NODES, runFixture, startCollector, type Collector, type Fixture, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector({ hasPauses: true });
});
beforeEach(() => collector.clear());
afterAll(() => collector.close());

interface App {
  app: Fixture;
  url: string;
  /** Ends `until` and `native`. */
  unblock(): void;
}

async function start(options: Parameters<typeof runFixture>[1] & { prepares?: boolean } = {}): Promise<App> {
  const folder = mkdtempSync(path.join(tmpdir(), 'foreshock-blocks-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'on');
  const { prepares, ...rest } = options;
  const app = await runFixture(new URL('./fixtures/blocks.cjs', import.meta.url), {
    collector,
    args: [file, ...(prepares ? ['prepares'] : [])],
    ...rest,
  });
  const { port } = await app.ready;
  return { app, url: `http://127.0.0.1:${port}`, unblock: () => writeFileSync(file, '') };
}

const ask = async (url: string): Promise<string> => (await fetch(url)).text();

/** Waits for the server's span of a path. */
async function served(urlPath: string): Promise<ReceivedSpan> {
  const isIt = (span: ReceivedSpan): boolean => span.kind === 'SERVER' && span.attributes['url.path'] === urlPath;
  return (await collector.waitForSpans((spans) => spans.some(isIt))).find(isIt)!;
}

async function reported(): Promise<ReceivedSpan> {
  const isIt = ({ name }: ReceivedSpan): boolean => name === 'event_loop.blocked';
  return (await collector.waitForSpans((spans) => spans.some(isIt))).find(isIt)!;
}

const reports = (app: Fixture): string[] => app.lines('stderr').filter((line) => line.includes('event_loop.blocked'));

describe.each(NODES)('on Node %i', (node) => {
  it('spans say how long the loop was blocked meanwhile, and before they were read', async () => {
    // Long enough to be known of where the watching thread waits for a processor.
    const { app, url, unblock } = await start({ node, env: { FORESHOCK_BLOCK_MS: '800' } });
    await ask(`${url}/first`);
    // The thread that a block is checked with is there.
    await served('/first');
    const held = ask(`${url}/held`);
    await ask(`${url}/quick`);
    const asked = ask(`${url}/until`);
    await app.waitForLine('stderr', (each) => each.includes('event_loop.blocked'));
    const late = get(`${url}/late`);
    await once(late, 'finish');
    unblock();
    await Promise.all([asked, held]);

    for (const span of [await served('/until'), await served('/held')]) {
      // The part of the block that falls into the span, and not when the loop was due.
      const blockedMs = span.attributes['event_loop.blocked_ms'] as number;
      expect(blockedMs).toBeGreaterThanOrEqual(100);
      expect(blockedMs).toBeLessThanOrEqual(Math.ceil(span.durationMs));
    }
    const { attributes } = await served('/late');
    expect(attributes['event_loop.blocked_before_ms']).toBeGreaterThanOrEqual(100);
  });

  it('a block is reported while it lasts, with its stack, in the trace that blocks, and changes nothing', async () => {
    const { app, url, unblock } = await start({ node, prepares: true, env: { FORESHOCK_BLOCK_MS: '800' } });
    const asked = ask(`${url}/until`);
    const line = await app.waitForLine('stderr', (each) => each.includes('event_loop.blocked'));
    const report = await reported();
    unblock();
    await asked;
    const blocking = await served('/until');
    expect(report).toMatchObject({
      traceId: blocking.traceId,
      parentSpanId: blocking.spanId,
      kind: 'INTERNAL',
      resource: { 'service.name': 'blocks' },
      status: { code: 'UNSET' },
      attributes: {
        'event_loop.blocked_ms': expect.any(Number),
        'code.stacktrace': expect.stringMatching(
          /blockUntilItIsThere \(.*blocks\.cjs:\d+:\d+\)\n.*answer \(.*blocks\.cjs/,
        ),
      },
    });
    expect(report.attributes['event_loop.blocked_ms']).toBeGreaterThanOrEqual(800);
    expect(line).toMatch(
      new RegExp(
        `^foreshock: event_loop\\.blocked blocked_ms=\\d+ trace_id=${blocking.traceId} stack=".*blockUntilItIsThere \\(`,
      ),
    );
    expect(await app.waitForLine('stdout', (each) => each.includes('prepared'))).toBe(
      'end of the block, microtask; prepared 0',
    );
    expect(blocking.attributes['event_loop.blocked_ms']).toBeGreaterThanOrEqual(100);
    expect(reports(app)).toHaveLength(1);
  });

  it('in native code, a block is reported without a stack', async () => {
    // By then a busy machine has come to the native part of it.
    const { app, url, unblock } = await start({ node, env: { FORESHOCK_BLOCK_MS: '2000' } });
    const asked = ask(`${url}/native`);
    const line = await app.waitForLine('stderr', (each) => each.includes('event_loop.blocked'));
    const report = await reported();
    unblock();
    await asked;
    expect(line).toMatch(/^foreshock: event_loop\.blocked blocked_ms=\d+ stack="in native code"$/);
    expect(report).toMatchObject({ parentSpanId: '', attributes: { 'event_loop.blocked_ms': expect.any(Number) } });
    expect(report.attributes).not.toHaveProperty(['code.stacktrace']);
  });
});

it('nothing is said of a process that was stopped', async () => {
  const { app, url } = await start({ env: { FORESHOCK_BLOCK_MS: '1000' } });
  // The thread that looks is there.
  await ask(`${url}/first`);
  await served('/first');
  const held = ask(`${url}/held`);
  await ask(`${url}/quick`);
  app.kill('SIGSTOP');
  await delay(2_000);
  app.kill('SIGCONT');
  await ask(`${url}/block/0`);
  await held;
  // A busy machine lets it go on later than the thread that looks.
  expect((await served('/held')).attributes['event_loop.blocked_ms'] ?? 0).toBeLessThan(1_000);
  expect(reports(app)).toEqual([]);
});

it.each([
  ['a debugger may have stopped the process', ['--inspect=127.0.0.1:0'], '200'],
  ['it is not wanted', [], '0'],
])('no block is reported where %s', async (_, nodeArgs, blockMs) => {
  const { app, url } = await start({ nodeArgs, env: { FORESHOCK_BLOCK_MS: blockMs } });
  // The thread that would is there.
  await ask(`${url}/first`);
  await served('/first');
  await ask(`${url}/block/1200`);
  expect((await served('/block/1200')).attributes['event_loop.blocked_ms']).toBeGreaterThan(0);
  expect(reports(app)).toEqual([]);
});

it('where the inspector is not permitted, a block is reported without a stack', async () => {
  const { app, url, unblock } = await start({
    node: 26,
    nodeArgs: ['--permission', '--allow-fs-read=*', '--allow-worker', '--allow-net', '--allow-child-process'],
    env: { FORESHOCK_BLOCK_MS: '200' },
  });
  const asked = ask(`${url}/until`);
  const line = await app.waitForLine('stderr', (each) => each.includes('event_loop.blocked'));
  unblock();
  await asked;
  expect(line).toMatch(/stack="the inspector may not be used"$/);
});

it('pauses of the garbage collector are on the spans that they stopped', async () => {
  const { url } = await start({ nodeArgs: ['--expose-gc'] });
  await ask(`${url}/garbage`);
  const span = await served('/garbage');
  expect(span.attributes['gc.pause_ms']).toBeGreaterThanOrEqual(10);
  expect(span.attributes['gc.pause_ms']).toBeLessThanOrEqual(Math.ceil(span.durationMs));
});
