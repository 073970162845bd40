import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Budget } from '../budget.ts';
import type { FinishedSpan } from '../finished-span.ts';
import { blankSpan } from '../own-span.ts';
import { eachSpan, type RecordBatch } from '../otlp-request.ts';
import { Spool, type Batch } from '../spool.ts';
import { claim, findDead, isReplaced, readWhole } from './dead-files.ts';
import { readFrames } from './file-format.ts';
import { BEATS_AT, FILE_BYTES, HEADER_BYTES, HOME_DATA_AT, MAIN } from './file-layout.ts';
import type { DiskOptions } from './disk-options.ts';
import { OpenSpanTable } from './open-span-table.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { Recovery } from './recovery.ts';
import { serviceDirectory } from './spool-directory.ts';
import { SilentFiles } from './silent-files.ts';
import { BEAT_BYTES, BEATS, readHeartbeats } from './heartbeat.ts';
import { GC_MS, HAS_FILES, makeSpoolMemory } from './spool-memory.ts';
import { SpoolWriter } from './spool-writer.ts';

let base: string;
let directory: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'foreshock-test-'));
  directory = serviceDirectory(base, 'orders');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

let next = 0;
function span(name: string, text = ''): FinishedSpan {
  const spanId = String(++next).padStart(16, '0');
  return {
    ...blankSpan(name, 1_000, 2_000),
    spanContext: () => ({ traceId: '1'.padStart(32, '0'), spanId, traceFlags: 1 }),
    attributes: { text },
    instrumentationScope: { name: 'test' },
  };
}

function makeWriter(troubles?: string[], instance?: string): SpoolWriter {
  return makeOwnWriter(troubles, instance).writer;
}

function makeOwnWriter(troubles: string[] = [], instance = 'abcdef0123456789') {
  const options: DiskOptions = {
    memory: makeSpoolMemory(),
    base,
    key: 'orders',
    instance,
    startedAt: Date.now(),
    saysEnd: true,
    service: 'orders',
    resource: '',
  };
  return { options, writer: new SpoolWriter(options, (cause) => troubles.push(cause)) };
}

const spool = () => new Spool(new Budget(64 << 20), { 'service.name': 'orders' });
const asRecords = ({ memory, number, start, end, spans }: Batch): RecordBatch => ({
  bytes: Buffer.from(memory),
  number,
  start,
  end,
  spans,
});

function batchOf(of: Spool, ...spans: FinishedSpan[]): RecordBatch {
  const sealed: Batch[] = [];
  for (const each of spans) expect(of.append(each, (batch) => sealed.push(batch))).toBeUndefined();
  expect(sealed).toEqual([]);
  return asRecords(of.seal()!);
}

function namesIn(batches: readonly RecordBatch[]): string[] {
  const names: string[] = [];
  eachSpan(batches, ({ name }) => names.push(name));
  return names;
}

function inFiles(): string[] {
  return readdirSync(directory)
    .toSorted()
    .flatMap((name, index) =>
      namesIn(readFrames(readFileSync(join(directory, name)), index === 0 ? HOME_DATA_AT : HEADER_BYTES).batches),
    );
}

/** Of another container, a minute later: there the files' owner is dead. */
const elsewhere: ProcessIdentity = { ...ownIdentity(), namespace: '1' };
const later = (): number => Date.now() + 60_000;

const silentAt = (now: number) => new SilentFiles().look(now);

function makeRecovery(now: () => number, send: (batch: RecordBatch) => Promise<void>) {
  const names: string[] = [];
  const reports: any[] = [];
  const recovery = new Recovery(directory, {
    own: elsewhere,
    now,
    atDisk: (run) => run(),
    send: async (batch) => {
      await send(batch);
      names.push(...namesIn([batch]));
    },
    report: (line) => reports.push(JSON.parse(line)),
    failed: (error) => {
      throw error;
    },
    pause: async () => {},
  });
  return { recovery, names, reports };
}

async function recover(send: (batch: RecordBatch) => Promise<void> = async () => {}) {
  const { recovery, names, reports } = makeRecovery(later, send);
  const recovered = await recovery.run();
  return { names, reports, recovered };
}

it('an earlier program of the same process is dead, unless that may be another one of its PID', () => {
  const own = { ...ownIdentity(), ticks: '7', startedAt: 2 };
  expect(isReplaced({ ...own, startedAt: 1 }, own)).toBe(true);
  const unknown = { ...own, ticks: '0' };
  expect(isReplaced({ ...unknown, startedAt: 1 }, unknown)).toBe(false);
});

describe('the spool on disk', () => {
  it('has records as they come, until their batch is delivered', () => {
    const writer = makeWriter();
    const of = spool();
    const first = batchOf(of, span('a'), span('b'));
    writer.write(MAIN, first, first.end);
    const second = batchOf(of, span('c'));
    writer.write(MAIN, second, second.end);
    expect(inFiles()).toEqual(['a', 'b', 'c']);
    writer.finished(MAIN, first.number);
    expect(inFiles()).toEqual(['c']);
    writer.finished(MAIN, second.number);
    expect(inFiles()).toEqual([]);
    expect(statSync(join(directory, '00.spool')).size).toBeLessThanOrEqual(HOME_DATA_AT);
    writer.end(true);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is gone once the last batch is delivered, also after the end', () => {
    const writer = makeWriter();
    const batch = batchOf(spool(), span('a'));
    writer.write(MAIN, batch, batch.end);
    writer.end(false);
    expect(inFiles()).toEqual(['a']);
    writer.finished(MAIN, batch.number);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is said to be gone, so that the process may end, only when it is', () => {
    const { options, writer } = makeOwnWriter();
    const batch = batchOf(spool(), span('a'));
    writer.write(MAIN, batch, batch.end);
    writer.finished(MAIN, batch.number);
    const hasFiles: number[] = [];
    const { unlinkSync } = fs;
    onTestFinished(() => {
      fs.unlinkSync = unlinkSync;
      syncBuiltinESMExports();
    });
    fs.unlinkSync = (path) => {
      hasFiles.push(options.memory.words[HAS_FILES]!);
      unlinkSync(path);
    };
    syncBuiltinESMExports();
    writer.end(true);
    expect(hasFiles).toEqual([1]);
    expect(options.memory.words[HAS_FILES]).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is not begun again at the end for spans that were open', () => {
    const { options, writer } = makeOwnWriter();
    const table = new OpenSpanTable(options.memory);
    const place = table.add(
      'GET /',
      1,
      1_000,
      { trace: { first: 1, second: 1, third: 1, fourth: 1 }, first: 1, second: 1 },
      undefined,
      undefined,
    );
    writer.update(0);
    writer.update(0);
    expect(readdirSync(directory)).toEqual(['00.spool']);
    writer.end(true);
    table.remove(place);
    writer.update(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('has the last ten heartbeats, one a second', () => {
    const { options, writer } = makeOwnWriter();
    const batch = batchOf(spool(), span('a'));
    writer.write(MAIN, batch, batch.end);
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    onTestFinished(() => void vi.useRealTimers());
    for (let i = 0; i < 24; i++) {
      options.memory.samples[GC_MS] = i;
      writer.update(i);
      vi.setSystemTime(Date.now() + 500);
    }
    const file = readFileSync(join(directory, '00.spool'));
    const beats = readHeartbeats(file.subarray(BEATS_AT, BEATS_AT + BEATS * BEAT_BYTES));
    // Of each second the later one.
    const expected = Array.from({ length: 10 }, (_, i) => 5 + 2 * i);
    expect(beats.map(({ at, gcMs, waitingSpans }) => [at, gcMs, waitingSpans])).toEqual(
      expected.map((i) => [1_000_000 + 500 * i, i, i]),
    );
  });

  it('is private', () => {
    const writer = makeWriter();
    const batch = batchOf(spool(), span('a'));
    writer.write(MAIN, batch, batch.end);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, '00.spool')).mode & 0o777).toBe(0o600);
  });

  it('writes of each span little more than its record', () => {
    const writer = makeWriter();
    const of = spool();
    const spans = Array.from({ length: 400 }, (_, i) => span(`s${i}`, 'x'.repeat(300)));
    // Four at a time, as a service of 160 spans a second has them.
    let batch: RecordBatch | undefined;
    for (const each of spans) of.append(each, () => {});
    batch = asRecords(of.seal()!);
    const records = batch.end - batch.start;
    for (let end = batch.start + 1_600; end < batch.end; end += 1_600) {
      let whole = batch.start;
      const { bytes, number } = batch;
      for (const stop of endsOf(bytes, batch.start, batch.end, number)) if (stop <= end) whole = stop;
      writer.write(MAIN, batch, whole);
    }
    writer.write(MAIN, batch, batch.end);
    expect(inFiles()).toHaveLength(400);
    const written = statSync(join(directory, '00.spool')).size - HOME_DATA_AT;
    expect(written / records).toBeLessThan(1.05);
  });

  it('goes on in another file, in which a batch can be read alone, and never has more than 32 MiB', async () => {
    const troubles: string[] = [];
    const writers = [makeWriter(troubles, '0'.repeat(16)), makeWriter(troubles, '1'.repeat(16))];
    const of = spool();
    const text = 'x'.repeat(20_000);
    let count = 0;
    while (troubles.length < 2) {
      const batch = batchOf(of, ...Array.from({ length: 10 }, () => span(`s${count++}`, text)));
      const writer = writers[count % 3 === 0 ? 0 : 1]!;
      writer.write(MAIN, batch, batch.end);
      of.release({ ...batch, memory: batch.bytes.buffer } as never);
    }
    const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
    expect(sizes).toHaveLength(64);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(FILE_BYTES);
    expect(troubles).toEqual(['it is full', 'it is full']);
    const { names } = await recover();
    const spans = names.filter((name) => name !== 'process.died');
    expect(new Set(spans).size).toBe(spans.length);
    expect(spans.length * text.length).toBeGreaterThan(28 << 20);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves out what is larger than a file', () => {
    const writer = makeWriter();
    const of = spool();
    const big = span('big', 'x'.repeat(600_000));
    const batch = batchOf(of, big, span('small'));
    writer.write(MAIN, batch, batch.end);
    expect(inFiles()).toEqual(['small']);
  });

  it.skipIf(process.getuid?.() === 0)('says once that the directory cannot be written to', () => {
    chmodSync(base, 0o500);
    const troubles: string[] = [];
    const writer = makeWriter(troubles);
    for (let i = 0; i < 3; i++) {
      const batch = batchOf(spool(), span('a'));
      writer.write(MAIN, batch, batch.end);
    }
    expect(troubles).toEqual(['EACCES']);
  });

  it('gives up where no directory can be made', () => {
    const troubles: string[] = [];
    const batch = batchOf(spool(), span('a'));
    const made = base;
    base = '/proc/foreshock/spool';
    makeWriter(troubles).write(MAIN, batch, batch.end);
    base = made;
    expect(troubles).toEqual(['ENOENT']);
  });

  it.each([
    ['a file', (path: string) => writeFileSync(path, '')],
    ['a link', (path: string) => symlinkSync(tmpdir(), path)],
    ['open to others', (path: string) => (mkdirSync(path), chmodSync(path, 0o777))],
  ])('does not use a directory that is %s', (_, make) => {
    make(directory);
    const troubles: string[] = [];
    const batch = batchOf(spool(), span('a'));
    makeWriter(troubles).write(MAIN, batch, batch.end);
    expect(troubles).toHaveLength(1);
  });

  // A tmpfs needs root, and a kernel that lets it mount.
  it.skipIf(!canMount())('gives up a disk that is full, and leaves nothing on it', () => {
    mkdirSync(directory, { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k,mode=700', 'tmpfs', directory]);
    try {
      const troubles: string[] = [];
      const writer = makeWriter(troubles);
      const of = spool();
      for (let i = 0; i < 30; i++) {
        const batch = batchOf(of, span(`s${i}`, 'x'.repeat(10_000)));
        writer.write(MAIN, batch, batch.end);
      }
      expect(troubles).toEqual(['ENOSPC']);
      expect(readdirSync(directory)).toEqual([]);
      writeFileSync(join(directory, 'other'), Buffer.alloc(300 << 10));
      const batch = batchOf(of, span('late'));
      makeWriter(troubles).write(MAIN, batch, batch.end);
      expect(troubles).toEqual(['ENOSPC', 'ENOSPC']);
      expect(readdirSync(directory)).toEqual(['other']);
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});

describe('files that are gone', () => {
  it('are begun again', () => {
    const writer = makeWriter();
    const of = spool();
    const first = batchOf(of, span('a'));
    writer.write(MAIN, first, first.end);
    rmSync(directory, { recursive: true });
    writer.checkFiles();
    const second = batchOf(of, span('b'));
    writer.write(MAIN, second, second.end);
    expect(inFiles()).toEqual(['b']);
    writer.finished(MAIN, first.number);
    writer.finished(MAIN, second.number);
    writer.end(true);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('are not deleted when they are another process’s by now', () => {
    const writer = makeWriter();
    const batch = batchOf(spool(), span('a'));
    writer.write(MAIN, batch, batch.end);
    const path = join(directory, '00.spool');
    renameSync(path, join(base, 'taken'));
    writeFileSync(path, 'another');
    writer.end(true);
    expect(readFileSync(path, 'utf8')).toBe('another');
  });
});

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const at = mkdtempSync(join(tmpdir(), 'foreshock-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at], { stdio: 'ignore' });
    execFileSync('umount', [at]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

function endsOf(bytes: Buffer, start: number, end: number, number: number): number[] {
  const ends: number[] = [];
  for (let at = start; at < end;) {
    at += 12 + bytes.readUInt32LE(at + 4);
    ends.push(at);
  }
  expect(number).toBeGreaterThan(0);
  return ends;
}

describe('recovery', () => {
  function leave(...names: string[]): void {
    const batch = batchOf(spool(), ...names.map((name) => span(name)));
    makeWriter([], String(next).padStart(16, '0')).write(MAIN, batch, batch.end);
  }

  it('sends what the dead have left, once, with a report', async () => {
    leave('a', 'b');
    const { names, reports, recovered } = await recover();
    expect(names).toEqual(['process.died', 'a', 'b']);
    expect(reports).toMatchObject([{ event: 'process.died', service: 'orders', cause: 'unknown', interrupted: 0 }]);
    expect(recovered).toEqual({ processes: 1, spans: 3, deaths: 1 });
    expect((await recover()).names).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('sends without a report what was left by a process that said its end', async () => {
    const batch = batchOf(spool(), span('a'));
    const writer = makeWriter();
    writer.write(MAIN, batch, batch.end);
    writer.end(false);
    expect(await recover()).toMatchObject({ names: ['a'], reports: [] });
  });

  it('of two that find the same file, one takes it', async () => {
    leave('a');
    leave('b');
    const [one, other] = await Promise.all([recover(), recover()]);
    expect([...one.names, ...other.names].toSorted()).toEqual(['a', 'b', 'process.died', 'process.died']);
  });

  it('keeps a file until it is delivered, and its claimer may die, too', async () => {
    leave('a');
    let isAsked = (): void => {};
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    void recover(() => (isAsked(), new Promise(() => {})));
    await asked;
    const [name] = readdirSync(directory);
    expect(name).toMatch(/^00-\d+\.\d+\.[\da-f]{8}\.1\.spool$/);
    // To the claimer's own namespace it is alive no more, as there is no process of that number and start.
    const dead = { ...elsewhere, pid: 4_194_303 };
    const at = findDead(directory, dead, silentAt(later()));
    expect(at).toHaveLength(0);
  });

  it('leaves alone what lives', () => {
    leave('a');
    expect(findDead(directory, ownIdentity(), silentAt(later()))).toEqual([]);
    // In another container until its writes stop.
    expect(findDead(directory, elsewhere, silentAt(Date.now()))).toEqual([]);
  });

  it('finds at a later look who was silent since the one before, as of a container that was restarted', async () => {
    leave('a');
    const { recovery, names } = makeRecovery(Date.now, async () => {});
    await recovery.run();
    expect(names).toEqual([]);
    const path = join(directory, '00.spool');
    // Its owner lives.
    utimesSync(path, 1, 1);
    await recovery.run();
    expect(names).toEqual([]);
    await recovery.run();
    expect(names).toEqual(['process.died', 'a']);
  });

  it('does not send again what a backend had whole when the process was killed', async () => {
    const of = spool();
    const leaveBoth = (end: (writer: SpoolWriter, number: number) => void): void => {
      const writer = makeWriter();
      const [sent, waiting] = [batchOf(of, span('sent')), batchOf(of, span('waiting'))];
      for (const batch of [sent, waiting]) writer.write(MAIN, batch, batch.end);
      writer.sent(MAIN, sent.number, true);
      end(writer, sent.number);
    };
    leaveBoth(() => {});
    expect((await recover()).names).toEqual(['process.died', 'waiting']);
    // No answer came.
    leaveBoth((writer, number) => writer.sent(MAIN, number, false));
    expect((await recover()).names).toEqual(['process.died', 'sent', 'waiting']);
    // It had waited for the answer.
    leaveBoth((writer) => writer.end(false));
    expect((await recover()).names).toEqual(['sent', 'waiting']);
  });

  it('of a file that cannot be read goes on with the next', async () => {
    leave('a');
    leave('b');
    const errors: Error[] = [];
    const names: string[] = [];
    const recovery = new Recovery(directory, {
      own: elsewhere,
      now: later,
      atDisk: (run) => run(),
      send: async (batch) => void names.push(...namesIn([batch])),
      report: () => {
        if (names.length === 0 && errors.length === 0) throw new Error('broken');
      },
      failed: (error) => errors.push(error),
      pause: async () => {},
    });
    await recovery.run();
    expect(errors.map(String)).toEqual(['Error: broken']);
    expect(names).toEqual(['process.died', 'b']);
  });

  it('reads up to the damage', async () => {
    leave('a');
    const path = join(directory, '00.spool');
    const good = readFileSync(path);
    leave('b');
    const second = readFileSync(join(directory, '01.spool'));
    rmSync(join(directory, '01.spool'));
    const both = Buffer.concat([good, second.subarray(HOME_DATA_AT)]);
    for (const cut of [1, 30, 100]) {
      writeFileSync(path, both);
      truncateSync(path, both.length - cut);
      expect((await recover()).names).toEqual(['process.died', 'a']);
    }
    both[both.length - 1]! ^= 1;
    writeFileSync(path, both);
    expect((await recover()).names).toEqual(['process.died', 'a']);
  });

  it('does not trust what is not ours', async () => {
    leave('a');
    const good = readFileSync(join(directory, '00.spool'));
    rmSync(join(directory, '00.spool'));
    const outside = join(base, 'secret');
    writeFileSync(outside, good);
    symlinkSync(outside, join(directory, '01.spool'));
    mkdirSync(join(directory, '02.spool'));
    writeFileSync(join(directory, '03.spool'), Buffer.alloc(100));
    writeFileSync(join(directory, '04.spool'), Buffer.concat([good, Buffer.alloc(FILE_BYTES)]));
    writeFileSync(join(directory, '05.spool.bak'), good);
    writeFileSync(join(directory, '../06.spool'), good);
    const version = Buffer.from(good);
    version.write('FSHSPL99');
    writeFileSync(join(directory, '07.spool'), version);
    execFileSync('mkfifo', [join(directory, '08.spool')]);
    const before = readdirSync(directory);
    expect(await recover()).toMatchObject({ names: [], reports: [] });
    expect(readdirSync(directory)).toEqual(before);
    expect(readWhole(directory, '01.spool')).toBeUndefined();
  });

  it('survives any bytes, files that are cut, and what is another’s', async () => {
    leave('a', 'b');
    const good = readFileSync(join(directory, '00.spool'));
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 100; round++) {
      const bad = Buffer.from(good.subarray(0, round % 5 === 0 ? 1 + random(good.length) : undefined));
      const from = round % 2 === 0 || bad.length <= HOME_DATA_AT ? 0 : HOME_DATA_AT;
      for (let i = 0; i < 4; i++) bad[from + random(bad.length - from)] = random(256);
      // Frames, heartbeats or a header where they do not belong, or belong to another batch.
      if (round % 3 === 0) good.copy(bad, random(bad.length), random(good.length));
      for (const name of readdirSync(directory)) rmSync(join(directory, name));
      writeFileSync(join(directory, '00.spool'), bad);
      const { names } = await recover();
      for (const name of names) expect(['a', 'b', 'process.died']).toContain(name);
    }
  });

  it('removes what has no header, once nobody will write it', async () => {
    leave('a');
    writeFileSync(join(directory, '01.spool'), '');
    // Its frames came before its header.
    writeFileSync(join(directory, '02.spool'), readFileSync(join(directory, '00.spool')).fill(0, 0, HEADER_BYTES));
    const { recovery } = makeRecovery(Date.now, async () => {});
    await recovery.run();
    expect(readdirSync(directory)).toEqual(['00.spool', '01.spool', '02.spool']);
    await recover();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('takes over what another claims only from the dead', () => {
    leave('a');
    const own = ownIdentity();
    const [dead] = findDead(directory, elsewhere, silentAt(later()));
    expect(claim(directory, dead!.files[0]!, own)).toBeDefined();
    expect(claim(directory, dead!.files[0]!, elsewhere)).toBeUndefined();
    expect(findDead(directory, own, silentAt(later()))).toEqual([]);
  });
});

describe('a process', () => {
  it('is alive until it has ended, its exit code read or not', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)'], { stdio: 'pipe' });
    await once(child.stdout, 'data');
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
    const own = ownIdentity();
    const identity = { ...own, pid: child.pid!, ticks };
    expect(isAlive(identity, own, true)).toBe(true);
    // Another one that has got the same number.
    expect(isAlive({ ...identity, ticks: '1' }, own, false)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity, own, false)).toBe(false);
  });
});
