import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Budget } from '../budget.ts';
import type { FinishedSpan } from '../finished-span.ts';
import { eachSpan, type RecordBatch } from '../otlp-request.ts';
import { blankSpan } from '../own-span.ts';
import { Spool } from '../spool.ts';
import { readFrames } from './file-format.ts';
import { HOME_DATA_AT } from './file-layout.ts';
import { LateFile } from './late-file.ts';
import { SenderDisk } from './sender-disk.ts';
import { readSentBatches } from './sent-batches.ts';
import { serviceDirectory } from './spool-directory.ts';
import { LateState } from './late-state.ts';
import { makeSpoolMemory, showOpenBatch } from './spool-memory.ts';

function start() {
  const base = mkdtempSync(join(tmpdir(), 'foreshock-test-'));
  const directory = serviceDirectory(base, 'orders');
  const options = {
    memory: makeSpoolMemory(),
    base,
    key: 'orders',
    instance: 'abcdef0123456789',
    startedAt: Date.now(),
    saysEnd: true,
    service: 'orders',
    resource: '',
  };
  const { promise: heartbeat, resolve } = Promise.withResolvers<undefined>();
  const disk = new SenderDisk(options, false, {
    waiting: () => 0,
    eachWorkerBatch() {},
    send: async () => {},
    heartbeat() {
      // It may look at the disk.
      expect(new LateState(options.memory).isAtDisk).toBe(true);
      resolve(undefined);
    },
    log(level, text) {
      throw new Error(`${level}: ${text}`);
    },
  });
  onTestFinished(() => {
    disk.end(true);
    rmSync(base, { recursive: true, force: true });
  });
  const home = (): Buffer => readFileSync(join(directory, readdirSync(directory)[0]!));
  const names = (): string[] => {
    const found: string[] = [];
    eachSpan(readFrames(home(), HOME_DATA_AT).batches, ({ name }) => found.push(name));
    return found;
  };
  const files = (): number => readdirSync(directory).length;
  return { disk, options, files, home, names, heartbeat };
}

const spool = new Spool(new Budget(64 << 20), { 'service.name': 'orders' });

function spanOf(name: string, text = ''): FinishedSpan {
  const context = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 };
  return {
    ...blankSpan(name, 1_000, 2_000),
    spanContext: () => context,
    attributes: { text },
    instrumentationScope: { name: 'test' },
  };
}

function batchOf(name: string, text = ''): RecordBatch {
  expect(spool.append(spanOf(name, text), () => {})).toBeUndefined();
  const { memory, ...batch } = spool.seal()!;
  return { bytes: Buffer.from(memory), ...batch };
}

const LARGE = 'x'.repeat(100_000);

it('writes the first batch at once, and nothing of a busy process that a backend has at once', async () => {
  const { disk, home, names, heartbeat } = start();
  disk.sealed(batchOf('first'), false);
  expect(names()).toEqual(['first']);
  await heartbeat;

  const delivered = batchOf('delivered', LARGE);
  disk.sealed(delivered, false);
  disk.sealed(batchOf('waiting', LARGE), false);
  disk.finished(delivered.number, false);
  await vi.waitFor(() => expect(names()).toEqual(['first', 'waiting']));
  expect(home().length - HOME_DATA_AT).toBeLessThan(1.5 * LARGE.length);
});

it('writes what a backend has only if it does not answer', async () => {
  const { disk, home, names, heartbeat } = start();
  const first = batchOf('first');
  disk.sealed(first, false);
  await heartbeat;

  // At once: the last byte follows.
  disk.sent(first.number, false, true);
  expect([...readSentBatches(home())]).toEqual([first.number]);
  disk.sent(first.number, false, false);
  expect([...readSentBatches(home())]).toEqual([]);

  const read = batchOf('read', LARGE);
  disk.sealed(read, false);
  disk.sent(read.number, false, true);
  // The main thread may write it.
  expect([...readSentBatches(home())]).toEqual([read.number]);
  disk.sealed(batchOf('waiting'), false);
  await vi.waitFor(() => expect(names()).toContain('waiting'));
  expect(names()).toEqual(['first', 'waiting']);
  await vi.waitFor(() => expect(names()).toEqual(['first', 'waiting', 'read']));
});

it('writes an earlier batch before a later one counts as delivered', async () => {
  const { disk, names, heartbeat } = start();
  disk.sealed(batchOf('first'), false);
  await heartbeat;

  disk.sealed(batchOf('earlier', LARGE), false);
  const later = batchOf('later', LARGE);
  disk.sealed(later, false);
  expect(names()).toEqual(['first']);
  disk.finished(later.number, false);
  expect(names()).toEqual(['first', 'earlier']);
});

it('writes what the main thread has in a file of its own before that is deleted', async () => {
  const { disk, options, files, names, heartbeat } = start();
  const late = new LateFile(options);
  onTestFinished(() => late.remove());
  const opened = (...batch: Parameters<LateFile['opened']>): void => {
    disk.opened(...batch);
    late.opened(...batch);
  };
  const listener = showOpenBatch(options.memory, opened, () => late.grew());
  const own = new Spool(new Budget(64 << 20), { 'service.name': 'orders' }, listener);
  own.append(spanOf('delivered'), () => {});
  await heartbeat;
  expect(names()).toEqual(['delivered']);

  const { memory, ...batch } = own.seal()!;
  late.sealed(batch.number, batch.end);
  disk.sealed({ bytes: Buffer.from(memory), ...batch }, false);
  own.append(spanOf('waiting'), () => {});
  // Longer than a round.
  late.look(performance.now());
  late.look(performance.now() + 1_000);
  expect(files()).toBe(2);
  disk.finished(batch.number, false);
  expect(files()).toBe(1);
  expect(names()).toEqual(['waiting']);
});

it('writes what the last flush has taken of worker threads, if it is not delivered', async () => {
  const { disk, names, heartbeat } = start();
  disk.sealed(batchOf('first'), false);
  await heartbeat;

  disk.ending();
  disk.sealed(batchOf('of a worker'), true);
  disk.end(false);
  expect(names()).toEqual(['first', 'of a worker']);
});
