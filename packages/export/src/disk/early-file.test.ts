import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Budget } from '../budget.ts';
import type { FinishedSpan } from '../finished-span.ts';
import { blankSpan } from '../own-span.ts';
import { eachSpan } from '../otlp-request.ts';
import { Spool, type Batch } from '../spool.ts';
import type { DiskOptions } from './disk-options.ts';
import { EarlyFile } from './early-file.ts';
import { EarlyState } from './early-state.ts';
import { decodeHeader, readFrames } from './file-format.ts';
import { HOME_DATA_AT, MAIN } from './file-layout.ts';
import { ownIdentity } from './process-identity.ts';
import { serviceDirectory } from './spool-directory.ts';
import { makeSpoolMemory, openEnd, showOpenBatch } from './spool-memory.ts';
import { SpoolWriter } from './spool-writer.ts';

let base: string;
let directory: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'foreshock-early-'));
  directory = serviceDirectory(join(base, 'below'), 'orders');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function span(name: string, text = ''): FinishedSpan {
  return {
    ...blankSpan(name, 1_000, 2_000),
    spanContext: () => ({ traceId: '1'.padStart(32, '0'), spanId: '1'.padStart(16, '0'), traceFlags: 1 }),
    attributes: { text },
    instrumentationScope: { name: 'test' },
  };
}

/** A main thread that ends spans, and what the sender thread gets of them. */
function makeProcess() {
  const memory = makeSpoolMemory();
  const options: DiskOptions = {
    memory,
    base: join(base, 'below'),
    key: 'orders',
    instance: 'abcdef0123456789',
    startedAt: Date.now(),
    saysEnd: true,
    service: 'orders',
    resource: '',
  };
  const early = new EarlyFile(options);
  const opened: { number: number; bytes: Buffer; start: number }[] = [];
  const listener = showOpenBatch(memory, (number, shared, start) => {
    opened.push({ number, bytes: Buffer.from(shared), start });
    early.opened(number, shared, start);
  });
  const spool = new Spool(new Budget(64 << 20), { 'service.name': 'orders' }, listener);
  const end = (...names: string[]): void => {
    for (const name of names) spool.append(span(name), () => {});
  };
  const seal = (): Batch => {
    const batch = spool.seal()!;
    early.sealed(batch.number, batch.end);
    return batch;
  };
  const troubles: string[] = [];
  /** The sender thread begins. */
  const take = (): SpoolWriter => new SpoolWriter(options, (cause) => troubles.push(cause));
  return { early, end, seal, take, opened, spool, troubles, memory, state: new EarlyState(memory) };
}

function namesInFile(name: string): string[] {
  const names: string[] = [];
  eachSpan(readFrames(readFileSync(join(directory, name)), HOME_DATA_AT).batches, (each) => names.push(each.name));
  return names;
}

async function untilFile(names: readonly string[]): Promise<void> {
  for (;;) {
    const found = readdirSync(base, { recursive: true }).some((path) => String(path).endsWith('.spool'));
    if (found && namesInFile('00.spool').length === names.length) break;
    await turn();
  }
  expect(namesInFile('00.spool')).toEqual(names);
}

it('has spans in a private file before the sender thread runs, which goes on in it', async () => {
  const { end, seal, take, opened, troubles } = makeProcess();
  end('a');
  await untilFile(['a']);
  end('b');
  const first = seal();
  end('c');
  await untilFile(['a', 'b', 'c']);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, '00.spool')).mode & 0o777).toBe(0o600);
  expect(decodeHeader(readFileSync(join(directory, '00.spool')))).toMatchObject({
    ...ownIdentity(),
    home: true,
    service: 'orders',
  });
  const writer = take();
  end('d');
  const second = seal();
  const [one, other] = opened;
  writer.write(MAIN, one!, first.end);
  writer.write(MAIN, other!, second.end);
  writer.publish();
  expect(namesInFile('00.spool')).toEqual(['a', 'b', 'c', 'd']);
  writer.finished(MAIN, first.number);
  expect(namesInFile('00.spool')).toEqual(['c', 'd']);
  writer.finished(MAIN, second.number);
  writer.end(true);
  expect(readdirSync(directory)).toEqual([]);
  expect(troubles).toEqual([]);
});

it('has each span once, whenever the sender thread begins', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { end, seal, take, opened, troubles } = makeProcess();
    end('a', 'b');
    for (let i = 0; i < turns; i++) await turn();
    const writer = take();
    end('c');
    const batch = seal();
    writer.write(MAIN, opened[0]!, batch.end);
    writer.publish();
    const names = readdirSync(directory).flatMap(namesInFile);
    expect(names).toEqual(['a', 'b', 'c']);
    writer.finished(MAIN, batch.number);
    writer.end(true);
    // What was under way on the main thread ends.
    while (readdirSync(directory).length > 0) await turn();
    expect(troubles).toEqual([]);
  }
});

it('that is being written to is replaced once all that waits is in another', async () => {
  const { end, take, opened, state, memory, seal } = makeProcess();
  end('a');
  await untilFile(['a']);
  const names = ['a'];
  while (!state.isWriting) {
    // A write may be over within a turn.
    if (namesInFile('00.spool').length === names.length) end(names[names.push(`b${names.length}`) - 1]!);
    await turn();
  }
  const writer = take();
  end('c');
  writer.write(MAIN, opened[0]!, openEnd(memory, opened[0]!.number));
  const headers = readdirSync(directory).map((name) => decodeHeader(readFileSync(join(directory, name)))?.instance);
  expect(headers.toSorted()).toEqual(['abcdef0123456789', undefined]);
  expect(decodeHeader(readFileSync(join(directory, '00.spool')))).toBeDefined();
  writer.publish();
  expect(readdirSync(directory)).toEqual(['00.spool']);
  expect(decodeHeader(readFileSync(join(directory, '00.spool')))).toBeDefined();
  expect(namesInFile('00.spool')).toEqual([...names, 'c']);
  writer.finished(MAIN, seal().number);
  writer.end(true);
  expect(readdirSync(directory)).toEqual([]);
});

it('is gone with a process that ends while it is being made', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { end, seal, take, opened, troubles, state } = makeProcess();
    end('a');
    for (let i = 0; i < turns; i++) await turn();
    const writer = take();
    // As at the end of a process: no turn follows, what Node's thread pool has begun is done.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    const batch = seal();
    writer.write(MAIN, opened[0]!, batch.end);
    writer.publish();
    writer.finished(MAIN, batch.number);
    writer.end(true);
    expect(readdirSync(directory)).toEqual([]);
    expect(troubles).toEqual([]);
    while (state.unfinished !== undefined) await turn();
  }
});

it('is gone when no thread can have it', async () => {
  const { early, end } = makeProcess();
  end('a');
  await untilFile(['a']);
  early.remove();
  while (readdirSync(directory).length > 0) await turn();
  expect(readdirSync(directory)).toEqual([]);
});

it('is left alone when it is another process’s by now', async () => {
  const { early, end } = makeProcess();
  end('a');
  await untilFile(['a']);
  renameSync(join(directory, '00.spool'), join(base, 'taken'));
  writeFileSync(join(directory, '00.spool'), 'another');
  early.remove();
  for (let i = 0; i < 100; i++) await turn();
  expect(readFileSync(join(directory, '00.spool'), 'utf8')).toBe('another');
});

it('is not in a directory that is open to others', async () => {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o777);
  makeProcess().end('a');
  for (let i = 0; i < 100; i++) await turn();
  expect(readdirSync(directory)).toEqual([]);
});

it('has a number that no other file has', async () => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, '00.spool'), '');
  writeFileSync(join(directory, '01-1.1.00000000.1.spool'), '');
  const { end, early } = makeProcess();
  end('a');
  while (!readdirSync(directory).includes('02.spool')) await turn();
  early.remove();
  while (readdirSync(directory).length > 2) await turn();
  expect(readdirSync(directory)).toEqual(['00.spool', '01-1.1.00000000.1.spool']);
});
