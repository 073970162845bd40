import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { attributes, BIN, CHECKOUT, checkoutLines, span, startViewer, times } from './viewer.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foreshock-view-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Does not block: this process has to notice when a viewer closes a connection that rests. */
async function explain(source: string): Promise<any> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [BIN, 'explain', '--json', source], {
    maxBuffer: 1 << 26,
  });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describe('the bound', () => {
  it('is never passed: the oldest healthy traces go, those with errors stay', async () => {
    const viewer = await startViewer('--limit', '8MiB');
    for (let batch = 0; batch < 24; batch++) {
      const spans = Array.from({ length: 500 }, (_, i) => {
        const trace = batch * 500 + i + 1;
        const more = { ...attributes({ text: randomBytes(400).toString('hex') }), status: { code: i === 0 ? 2 : 0 } };
        return span(trace, 1, more);
      });
      await viewer.send(...spans);
      const { bytes, limitBytes } = await viewer.api('status');
      expect(bytes).toBeLessThanOrEqual(limitBytes);
    }
    const status = await viewer.api('status');
    expect(status).toMatchObject({ limitBytes: 8 * 1024 * 1024, droppedRecords: 0 });
    expect(status.evictedTraces).toBe(12_000 - status.traces);
    expect(status.spans).toBe(status.traces);
    // At least half of it is used.
    expect(status.bytes).toBeGreaterThan(status.limitBytes / 2);
    const list = await viewer.api('traces?q=error&limit=500');
    expect(list.traces).toHaveLength(24);
    // What is here is the newest; before it is not all here, and the answer does not look at that.
    expect(status.completeSince).toBeGreaterThan(status.oldest);
    const healthy = await viewer.api(`traces?from=${status.completeSince}&limit=500`);
    expect(healthy.traces[0].start).toBe(1_790_000_000_000 + 12_000 * 1_000);
  });

  it('counts spans, too', async () => {
    const viewer = await startViewer('--limit-spans', '1000');
    for (let batch = 0; batch < 5; batch++)
      await viewer.send(...Array.from({ length: 300 }, (_, i) => span(batch * 300 + i + 1, 1)));
    const { spans, traces, evictedTraces } = await viewer.api('status');
    expect(spans).toBeLessThanOrEqual(1_000);
    expect(spans).toBeGreaterThan(600);
    expect(traces + evictedTraces).toBe(1_500);
  });

  it('holds for one endless trace', async () => {
    const viewer = await startViewer('--limit', '8MiB');
    for (let batch = 0; batch < 30; batch++) {
      const more = attributes({ text: 'x'.repeat(1_000) });
      await viewer.send(...Array.from({ length: 500 }, (_, i) => span(1, batch * 500 + i + 1, more)));
    }
    const { bytes, limitBytes, traces } = await viewer.api('status');
    expect(bytes).toBeLessThanOrEqual(limitBytes);
    expect(traces).toBe(1);
  });

  it('holds for processes without number', async () => {
    const viewer = await startViewer('--limit', '8MiB');
    for (let batch = 0; batch < 30; batch++) {
      const resourceSpans = Array.from({ length: 50 }, (_, i) => ({
        resource: attributes({ 'service.name': 'orders', id: batch * 50 + i, text: 'x'.repeat(15_000) }),
        scopeSpans: [{ spans: [span(batch * 50 + i + 1, 1)] }],
      }));
      expect((await viewer.post('/v1/traces', JSON.stringify({ resourceSpans }))).status).toBe(200);
    }
    const { bytes, limitBytes, traces, droppedRecords } = await viewer.api('status');
    expect(bytes).toBeLessThanOrEqual(limitBytes);
    expect(droppedRecords).toBe(0);
    expect(traces).toBeGreaterThan(50);
    expect((await viewer.api('traces?limit=1')).traces[0].start).toBe(1_790_000_000_000 + 1_500 * 1_000);
  });

  it('goes last to what the answer names', async () => {
    const viewer = await startViewer('--limit', '8MiB', CHECKOUT);
    await viewer.api('pools');
    const { pinned } = await viewer.api('answer');
    expect(pinned.length).toBeGreaterThan(3);
    for (let batch = 0; batch < 30; batch++) {
      const more = { ...attributes({ text: randomBytes(400).toString('hex') }), status: { code: 2 } };
      // Later than the recording.
      const at = (i: number) => times(6_000_000 + batch * 500 + i);
      await viewer.send(...Array.from({ length: 500 }, (_, i) => span(batch * 500 + i + 1, 1, { ...more, ...at(i) })));
    }
    const status = await viewer.api('status');
    expect(status.evictedTraces).toBeGreaterThan(1_000);
    for (const traceId of pinned) expect((await viewer.api(`traces/${traceId}`)).traceId).toBe(traceId);
  });
});

describe('kept in a file', () => {
  it('is there after a kill, opens again, and is a source of explain', async () => {
    const file = join(folder, 'killed.db');
    const first = await startViewer('--store', file, CHECKOUT);
    const before = await first.api('status');
    await first.stop('SIGKILL');
    const second = await startViewer('--store', file);
    expect(await second.api('status')).toEqual({ ...before, seq: 0 });
    // While it is open, and after it was closed.
    const expected = await explain(CHECKOUT);
    expect(await explain(file)).toEqual(expected);
    expect(await second.stop()).toBe('');
    expect(await explain(file)).toEqual(expected);
  });

  it('has one viewer at a time, and is opened with --store only', async () => {
    const file = join(folder, 'one.db');
    const args = ['view', '--port', '0'];
    const viewer = await startViewer('--store', file, CHECKOUT);
    const second = spawnSync(process.execPath, [BIN, ...args, '--store', file], { encoding: 'utf8' });
    expect(second).toMatchObject({
      status: 1,
      stderr: `foreshock view: ${file}: another foreshock view has it open\n`,
    });
    await viewer.stop();
    expect(readdirSync(folder).filter((name) => name.startsWith('one.db'))).toEqual(['one.db']);
    const asFile = spawnSync(process.execPath, [BIN, ...args, file], { encoding: 'utf8' });
    expect(asFile.stderr).toBe(`foreshock view: ${file}: a store of foreshock view, which --store opens\n`);
  });

  it('becomes smaller with its bound', async () => {
    const file = join(folder, 'smaller.db');
    const first = await startViewer('--store', file, '--limit', '32MiB');
    for (let batch = 0; batch < 20; batch++) {
      const more = attributes({ text: randomBytes(400).toString('hex') });
      await first.send(...Array.from({ length: 500 }, (_, i) => span(batch * 500 + i + 1, 1, more)));
    }
    const { newest } = await first.api('status');
    await first.stop();
    expect(statSync(file).size).toBeGreaterThan(9 * 1024 * 1024);
    const second = await startViewer('--store', file, '--limit', '8MiB');
    expect(await second.api('status')).toMatchObject({ newest, limitBytes: 8 * 1024 * 1024 });
    await second.stop();
    expect(statSync(file).size).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  it('is not larger than its bound', async () => {
    const file = join(folder, 'bounded.db');
    const viewer = await startViewer('--store', file, '--limit', '8MiB');
    for (let batch = 0; batch < 24; batch++) {
      const more = attributes({ text: randomBytes(400).toString('hex') });
      await viewer.send(...Array.from({ length: 500 }, (_, i) => span(batch * 500 + i + 1, 1, more)));
    }
    await viewer.stop();
    expect(statSync(file).size).toBeLessThanOrEqual(8 * 1024 * 1024);
  });
});

describe('saved and opened again', () => {
  it('is the same, and explain says the same of it', async () => {
    const viewer = await startViewer(CHECKOUT);
    const save = async (query: string): Promise<string> => {
      const answer = await fetch(new URL(`/api/export?${query}`, viewer.url));
      expect(answer.headers.get('content-type')).toBe('application/gzip');
      const file = join(folder, /filename="([^"]+)"/.exec(answer.headers.get('content-disposition')!)![1]!);
      writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
      return file;
    };
    const file = await save('');
    const expected = await explain(CHECKOUT);
    expect(await explain(file)).toEqual(expected);
    expect(await explain(viewer.url)).toEqual(expected);

    const second = await startViewer(file);
    const { seq: _, bytes: __, ...status } = await viewer.api('status');
    expect(await second.api('status')).toMatchObject(status);
    const { traces } = await viewer.api('traces?limit=500');
    for (const { traceId } of traces.slice(0, 5))
      expect(await second.trace(traceId)).toEqual(await viewer.trace(traceId));

    const one = await save(`traceId=${traces[0].traceId}`);
    expect(one).toContain(`trace-${traces[0].traceId}.jsonl.gz`);
    const third = await startViewer();
    const dropped = await third.post('/api/files', readFileSync(one), { 'x-file-name': 'trace.jsonl.gz' });
    expect(await dropped.json()).toMatchObject({ spans: traces[0].spans, traces: 1 });
    expect(await third.trace(traces[0].traceId)).toEqual(await viewer.trace(traces[0].traceId));
  });

  it('is whole where one trace is larger than a part', async () => {
    const viewer = await startViewer();
    const size = 9_000;
    // The first part has room for one of the two spans of a call that share the 4,000th id.
    const spans = Array.from({ length: size }, (_, i) => span(1, i + 1, { kind: 2 }));
    await viewer.send(...spans, span(1, 4_000, { kind: 3 }));
    await viewer.send(span(2, 1));
    const answer = await fetch(new URL('/api/export', viewer.url));
    const file = join(folder, 'large.jsonl.gz');
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
    const second = await startViewer(file);
    expect(await second.api('status')).toMatchObject({ spans: size + 2, traces: 2 });
    await viewer.api('pools');
    const { report } = await viewer.api('answer');
    expect(report.coverage).toMatchObject({ spans: size + 2, traces: 2 });
  });

  it('is written without a listener for each part', async () => {
    const viewer = await startViewer();
    for (let batch = 0; batch < 12; batch++) {
      const more = attributes({ text: randomBytes(2_000).toString('hex') });
      await viewer.send(...Array.from({ length: 500 }, (_, i) => span(batch * 500 + i + 1, 1, more)));
    }
    const answer = await fetch(new URL('/api/export', viewer.url));
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0);
    // Node warns there of more than ten listeners.
    expect(await viewer.stop()).toBe('');
  });

  it('is dropped onto the page in any form, or refused with a line', async () => {
    const viewer = await startViewer();
    const drop = async (body: string) => (await viewer.post('/api/files', body, {})).json();
    const jaeger = {
      data: [
        {
          traceID: 'a'.repeat(32),
          processes: { p1: { serviceName: 'shop', tags: [] } },
          spans: [
            {
              traceID: 'a'.repeat(32),
              spanID: 'b'.repeat(16),
              operationName: 'GET /',
              startTime: 1_790_000_000_000_000,
              duration: 1_000,
              processID: 'p1',
              tags: [{ key: 'span.kind', value: 'server' }],
            },
          ],
        },
      ],
    };
    expect(await drop(JSON.stringify(jaeger, null, 2))).toEqual({ spans: 1, traces: 1, logs: 0 });
    expect(await drop('hello')).toEqual({ spans: 0, traces: 0, logs: 0, error: expect.stringMatching(/^[^\n]+$/) });
    expect(await drop('{"a":1}')).toMatchObject({ error: 'no OTLP, Zipkin or Jaeger spans in it' });
  });
});

describe('a folder', () => {
  it('is all of its files; one that cannot be read is said', async () => {
    const traces = mkdtempSync(join(tmpdir(), 'foreshock-view-'));
    onTestFinished(() => rmSync(traces, { recursive: true }));
    const [first, ...rest] = checkoutLines();
    mkdirSync(join(traces, 'later'));
    writeFileSync(join(traces, 'a.jsonl'), first!);
    writeFileSync(join(traces, 'later', 'b.jsonl.gz'), gzipSync(rest.join('\n')));
    writeFileSync(join(traces, 'c.json'), '{"no":"spans"}');
    writeFileSync(join(traces, 'readme.txt'), 'not looked at');
    const viewer = await startViewer(traces);
    const whole = await startViewer(CHECKOUT);
    const [{ spans, traces: n }, expected] = [await viewer.api('status'), await whole.api('status')];
    expect({ spans, n }).toEqual({ spans: expected.spans, n: expected.traces });
    await whole.stop();
    expect((await viewer.stop()).trim().split('\n')).toEqual([
      expect.stringMatching(/^foreshock view: \S+c\.json: .+/),
    ]);
  });

  it('without a file of spans is one line', () => {
    const empty = mkdtempSync(join(tmpdir(), 'foreshock-view-'));
    onTestFinished(() => rmSync(empty, { recursive: true }));
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'view', '--port', '0', empty], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `foreshock view: ${empty}: a folder without .json, .jsonl or .pb files\n`,
    });
  });
});
