import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Budget } from '../budget.ts';
import { eachSpan, type RecordBatch } from '../otlp-request.ts';
import { blankSpan } from '../own-span.ts';
import { Spool } from '../spool.ts';
import { readFrames } from './file-format.ts';
import { HOME_DATA_AT } from './file-layout.ts';
import { SenderDisk } from './sender-disk.ts';
import { serviceDirectory } from './spool-directory.ts';
import { makeSpoolMemory } from './spool-memory.ts';

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
  const { promise: heartbeat, resolve } = Promise.withResolvers<unknown>();
  const disk = new SenderDisk(options, false, {
    waiting: () => 0,
    eachWorkerBatch() {},
    send: async () => {},
    heartbeat: resolve,
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
  return { disk, home, names, heartbeat };
}

const spool = new Spool(new Budget(64 << 20), { 'service.name': 'orders' });

function batchOf(name: string, text = ''): RecordBatch {
  const context = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 };
  const span = {
    ...blankSpan(name, 1_000, 2_000),
    spanContext: () => context,
    attributes: { text },
    instrumentationScope: { name: 'test' },
  };
  expect(spool.append(span, () => {})).toBeUndefined();
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

it('writes what a backend has read only if it does not answer', async () => {
  const { disk, names, heartbeat } = start();
  disk.sealed(batchOf('first'), false);
  await heartbeat;

  const read = batchOf('read', LARGE);
  disk.sealed(read, false);
  disk.sent(read.number, false, true);
  disk.sealed(batchOf('waiting'), false);
  await vi.waitFor(() => expect(names()).toContain('waiting'));
  expect(names()).toEqual(['first', 'waiting']);
  await vi.waitFor(() => expect(names()).toEqual(['first', 'waiting', 'read']));
});
