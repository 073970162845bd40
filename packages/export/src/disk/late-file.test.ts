import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { Budget } from '../budget.ts';
import type { FinishedSpan } from '../finished-span.ts';
import { eachSpan, type RecordBatch } from '../otlp-request.ts';
import { blankSpan } from '../own-span.ts';
import { Spool, type Batch } from '../spool.ts';
import type { DiskOptions } from './disk-options.ts';
import { decodeHeader, readFrames } from './file-format.ts';
import { HEADER_BYTES, HOME_DATA_AT, MAIN } from './file-layout.ts';
import type { EarlyWritten } from './early-file.ts';
import { LateFile } from './late-file.ts';
import { clockMs, LateState } from './late-state.ts';
import { MainBatches } from './main-batches.ts';
import { ownIdentity } from './process-identity.ts';
import { Recovery } from './recovery.ts';
import { serviceDirectory } from './spool-directory.ts';
import { makeSpoolMemory, openEnd, showOpenBatch } from './spool-memory.ts';
import { SpoolWriter } from './spool-writer.ts';

let base: string;
let directory: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'foreshock-late-'));
  directory = serviceDirectory(base, 'orders');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(base, { recursive: true, force: true });
});

let next = 0;
function span(name: string): FinishedSpan {
  const spanId = String(++next).padStart(16, '0');
  return {
    ...blankSpan(name, 1_000, 2_000),
    spanContext: () => ({ traceId: '1'.padStart(32, '0'), spanId, traceFlags: 1 }),
    instrumentationScope: { name: 'test' },
  };
}

/** Both threads of a process; the sender's acts when it is told to. */
function makeProcess() {
  const memory = makeSpoolMemory();
  const options: DiskOptions = {
    memory,
    base,
    key: 'orders',
    instance: 'abcdef0123456789',
    startedAt: Date.now(),
    saysEnd: false,
    service: 'orders',
    resource: '',
  };
  // A slow machine makes no write slow.
  let now = performance.now();
  const clockAhead = clockMs() - now;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const early: { written: EarlyWritten | undefined; isOpen: boolean } = { written: undefined, isOpen: false };
  const late = new LateFile(options, early);
  const opened: { number: number; bytes: Buffer; start: number }[] = [];
  const listener = showOpenBatch(
    memory,
    (number, shared, start) => {
      opened.push({ number, bytes: Buffer.from(shared), start });
      late.opened(number, shared, start);
    },
    () => late.grew(),
  );
  const spool = new Spool(new Budget(64 << 20), { 'service.name': 'orders' }, listener);
  const writer = new SpoolWriter(options, () => {});
  const state = new LateState(memory);
  return {
    options,
    memory,
    writer,
    early,
    state,
    end: (...names: string[]) => {
      for (const name of names) spool.append(span(name), () => {});
    },
    seal: (): Batch => {
      const batch = spool.seal()!;
      late.sealed(batch.number, batch.end);
      return batch;
    },
    /** The sender thread's round. */
    write: () => {
      for (const batch of opened) {
        const end = openEnd(memory, batch.number);
        if (end > 0) writer.write(MAIN, batch, end);
      }
      writer.publish();
      state.looked(now + clockAhead);
    },
    /** The sender thread's round, so long ago, without news. */
    round: (msAgo = 0) => state.looked(now + clockAhead - msAgo),
    writeSealed: (batch: Batch) => writer.write(MAIN, { ...batch, bytes: Buffer.from(batch.memory) }, batch.end),
    /** The main thread's looks, for so long. */
    look: (ms: number, everyMs = 20) => {
      for (let passed = 0; passed < ms; passed += everyMs) late.look((now += everyMs));
    },
    stop: () => late.remove(),
  };
}

/** 'b' is in files of both threads. */
function makeOverlap() {
  const made = makeProcess();
  const { end, seal, write, writeSealed, look } = made;
  end('a');
  write();
  end('b');
  look(80);
  const first = seal();
  end('c');
  look(80);
  writeSealed(first);
  return { ...made, first };
}

function namesIn(batches: readonly RecordBatch[]): string[] {
  const names: string[] = [];
  eachSpan(batches, ({ name }) => names.push(name));
  return names;
}

/** By file: the names of spans. */
function files(): string[][] {
  return readdirSync(directory)
    .toSorted()
    .map((name) => {
      const bytes = readFileSync(join(directory, name));
      return namesIn(readFrames(bytes, decodeHeader(bytes)!.home ? HOME_DATA_AT : HEADER_BYTES).batches);
    });
}

async function recovered(): Promise<string[]> {
  const names: string[] = [];
  let isAtDisk = false;
  await new Recovery(directory, {
    own: { ...ownIdentity(), namespace: '1' },
    now: () => {
      expect(isAtDisk).toBe(true);
      return Date.now() + 60_000;
    },
    atDisk: (run) => {
      isAtDisk = true;
      try {
        return run();
      } finally {
        isAtDisk = false;
      }
    },
    send: async (batch) => {
      expect(isAtDisk).toBe(false);
      names.push(...namesIn([batch]));
    },
    report: () => {},
    failed: (error) => {
      throw error;
    },
    pause: async () => {},
  }).run();
  return names;
}

it('has what the sender thread has not written, as it has had no round for 75 ms, until it has', async () => {
  const { end, seal, write, writeSealed, look, stop } = makeProcess();
  end('a');
  write();
  end('b', 'c');
  look(40);
  expect(files()).toEqual([['a']]);
  look(60);
  expect(files()).toEqual([['a'], ['b', 'c']]);
  expect(statSync(join(directory, '01.spool')).mode & 0o777).toBe(0o600);
  // Another batch, and more of it.
  const first = seal();
  end('d');
  look(60);
  end('e');
  look(60);
  expect(files()).toEqual([['a'], ['b', 'c', 'd', 'e']]);
  writeSealed(first);
  expect(files()).toEqual([
    ['a', 'b', 'c'],
    ['b', 'c', 'd', 'e'],
  ]);
  // Between, the process may be killed.
  write();
  expect(files()).toEqual([['a', 'b', 'c', 'd', 'e']]);
  look(20);
  end('f');
  look(80);
  expect(files()).toEqual([['a', 'b', 'c', 'd', 'e'], ['f']]);
  stop();
  expect(await recovered()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('is sent without what another file has, too', async () => {
  makeOverlap();
  expect(files()).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ]);
  expect(await recovered()).toEqual(['a', 'b', 'c']);
  expect(readdirSync(directory)).toEqual([]);
});

it('is not made while the sender thread waits for the disk, nor when this thread alone was blocked', () => {
  const { end, write, look, round, state } = makeProcess();
  const isStarved = vi.spyOn(LateState.prototype, 'isStarved', 'get').mockReturnValue(false);
  onTestFinished(() => isStarved.mockRestore());
  end('a');
  write();
  end('b');
  state.atDisk(() => look(200));
  expect(files()).toEqual([['a']]);
  // It is there, but for a processor.
  isStarved.mockReturnValue(true);
  state.atDisk(() => look(200));
  expect(files()).toEqual([['a'], ['b']]);
  write();
  look(20);
  end('c');
  round(-480);
  look(500, 500);
  expect(files()).toEqual([['a', 'b']]);
  // Neither had a processor.
  look(80, 80);
  expect(files()).toEqual([['a', 'b'], ['c']]);
});

it('is written as soon as this thread has a processor again, if both had none', () => {
  const { end, write, look, round } = makeProcess();
  end('a');
  write();
  end('b');
  look(20);
  // This thread does not see it for long.
  round(-1);
  look(80, 80);
  expect(files()).toEqual([['a'], ['b']]);
});

it('has what the first file does not have, as the sender thread starts', async () => {
  const { end, write, look, early } = makeProcess();
  end('a');
  look(200);
  // The disk may hang.
  expect(readdirSync(base)).toEqual([]);
  mkdirSync(directory, { mode: 0o700 });
  early.isOpen = true;
  look(20);
  expect(files()).toEqual([['a']]);
  early.written = { to: { number: 1, end: 1 << 20 }, at: performance.now() };
  look(20);
  end('b');
  look(40);
  expect(files()).toEqual([['a']]);
  write();
  expect(files()).toEqual([['a', 'b']]);
  expect(await recovered()).toEqual(['a', 'b']);
});

it('is gone before a batch of it counts as delivered, and with the process', () => {
  const { end, look, writer, first } = makeOverlap();
  expect(files()).toHaveLength(2);
  writer.finished(MAIN, first.number);
  expect(files()).toEqual([[]]);
  look(80);
  end('d');
  look(80);
  expect(files()).toHaveLength(2);
  writer.end(false);
  expect(files()).toHaveLength(1);
});

it('has nothing of a batch that a backend has, though it was never written', () => {
  const { end, seal, write, look, writer } = makeProcess();
  end('a');
  write();
  look(20);
  seal();
  end('b');
  const second = seal();
  writer.finished(MAIN, second.number);
  look(200);
  expect(files()).toEqual([['a']]);
  end('c');
  const third = seal();
  look(80);
  expect(files()).toEqual([['a'], ['c']]);
  writer.finished(MAIN, third.number);
  look(80);
  expect(files()).toEqual([['a']]);
});

it('is not made where the sender thread has given up the disk', () => {
  const { end, write, look, writer, state } = makeProcess();
  end('a');
  write();
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  writer.checkFiles();
  end('b');
  write();
  rmSync(directory);
  mkdirSync(directory, { mode: 0o700 });
  end('c');
  look(200);
  expect(state.isAtDisk).toBe(true);
  expect(readdirSync(directory)).toEqual([]);
});

it('that could not be made keeps nothing of later batches', () => {
  const { end, seal, write, look } = makeProcess();
  end('a');
  write();
  rmSync(directory, { recursive: true });
  end('b');
  look(80);
  const kept = [vi.spyOn(MainBatches.prototype, 'opened'), vi.spyOn(MainBatches.prototype, 'sealed')];
  seal();
  end('c');
  seal();
  expect(kept.map(({ mock }) => mock.calls)).toEqual([[], []]);
});

it('is made again after a sender thread that died as it removed one', () => {
  const { end, write, look, state, options } = makeProcess();
  end('a');
  write();
  end('b');
  look(80);
  expect(state.beginRemoval(undefined, 0)).toBe(1);
  new SpoolWriter(options, () => {}).removeEarlier();
  expect(readdirSync(directory)).toEqual([]);
  look(20);
  end('c');
  look(80);
  expect(files()).toEqual([['b', 'c']]);
});

it('a thread of the process waits for a processor, or for something else', () => {
  const state = new LateState(makeSpoolMemory());
  expect(state.isStarved).toBe(false);
  // This one, which runs.
  state.takeOver();
  expect(state.isStarved).toBe(process.platform === 'linux');
  state.giveUp();
  expect(state.isStarved).toBe(false);
});
