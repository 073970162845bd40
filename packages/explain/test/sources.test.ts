import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { otlpDefinitions } from '@foreshock/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { SpanTable } from '../src/index.ts';
import { readPath } from '../src/sources/file.ts';
import { answerOf, foreshock } from './foreshock.ts';
import { lines, type Made, T0, traceOf } from './incident.ts';

const SECOND = 1_000;
const iso = (seconds: number): string => new Date(T0 + seconds * SECOND).toISOString();
const folder = mkdtempSync(join(tmpdir(), 'foreshock-explain-'));
afterAll(() => rmSync(folder, { recursive: true }));

const served = (name: string, ms: number, error?: string): Made => ({
  service: 'shop',
  name,
  kind: 'SERVER',
  at: 0,
  ms,
  version: '1.2.0',
  ...(error === undefined ? {} : { error, events: { exception: { 'exception.type': error } } }),
});

/** Two incidents in two minutes: carts fail from 40 to 50 s, lists are slow from 90 to 100 s. */
const requests = Array.from({ length: 1_200 }, (_, i) => {
  const second = i / 10;
  const jitter = (i * 7) % 5;
  if (i % 2 === 0)
    return traceOf(i * 100, served('GET /cart', 5 + jitter, second >= 40 && second < 50 ? '500' : undefined));
  const list: Made = { ...served('GET /list', 8 + jitter), service: 'lists' };
  return traceOf(i * 100, second >= 90 && second < 100 ? { ...list, ms: 700 } : list);
});
const json = lines(requests);

const Request = otlpDefinitions().lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

/** As the official definitions encode it. */
function protobuf(some: object[]): Buffer {
  const resourceSpans = some.flatMap((request) => structuredClone(request as { resourceSpans: any[] }).resourceSpans);
  for (const { scopeSpans } of resourceSpans) {
    for (const span of scopeSpans[0].spans)
      for (const id of ['traceId', 'spanId', 'parentSpanId']) span[id] = Buffer.from(span[id], 'hex');
  }
  return Buffer.from(Request.encode(Request.fromObject({ resourceSpans })).finish());
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function file(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('protobuf says the same as JSON', () => {
  const pieces = Array.from({ length: 12 }, (_, i) => protobuf(requests.slice(i * 100, (i + 1) * 100)));

  it.each([
    ['one request', protobuf(requests)],
    ['requests with their lengths, as the file exporter writes them', Buffer.concat(pieces.map(withLength))],
    ['gzipped', gzipSync(protobuf(requests))],
  ])('%s', async (name, bytes) => {
    expect(await answerOf([file(`${name.slice(0, 8)}.pb`, bytes)])).toEqual(await answerOf(['-'], json));
  });

  it('cut short is one line', async () => {
    const { status, stderr } = await foreshock(['explain', '-'], Buffer.concat(pieces.map(withLength)).subarray(0, -9));
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'foreshock explain: -: cut short, or no OTLP in protobuf\n',
    });
  });

  it.each([
    ['a length beyond the file', Buffer.from([0, 0, 1, 0, 0x0a, 0x05, 1])],
    ['a field longer than its message', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a number without an end', Buffer.from([0x0a, ...Array.from({ length: 30 }, () => 0x80)])],
    ['noise', Buffer.from(Array.from({ length: 4_000 }, (_, i) => (i * 7919) % 251))],
  ])('%s is one line', async (_, bytes) => {
    const { status, stdout, stderr } = await foreshock(['explain', '-'], bytes);
    expect({ status, stdout, lines: stderr.trim().split('\n').length }).toEqual({ status: 2, stdout: '', lines: 1 });
  });
});

it.each([
  ['a line each', '[\n', '\n]\n'],
  ['on the first and last line', '[', ']'],
])('a list of requests, %s, says the same as lines', async (_, begin, end) => {
  const list = json.toString('utf8').trimEnd().replaceAll('\n', ',\n');
  expect(await answerOf(['-'], Buffer.from(begin + list + end))).toEqual(await answerOf(['-'], json));
});

it('a line of text in brackets before the first request hides none', async () => {
  const { coverage } = await answerOf(['-'], Buffer.concat([Buffer.from('[INFO] starts\n'), json]));
  expect(coverage.traces).toBe(1_200);
});

describe('a folder', () => {
  it('is all of its files', async () => {
    file('a.jsonl', lines(requests.slice(0, 600)));
    file('b.pb.gz', gzipSync(protobuf(requests.slice(600))));
    file('notes.txt', Buffer.from('not read'));
    rmSync(join(folder, 'one requ.pb'), { force: true });
    const { coverage } = await answerOf([file('c.jsonl', lines(requests.slice(0, 10))), folder]);
    expect(coverage).toMatchObject({ traces: 1_200, services: ['lists', 'shop'] });
  });

  it('is read on when one of its files is rotated away meanwhile, which is said', async () => {
    const logs = mkdtempSync(join(folder, 'logs-'));
    const [kept, gone] = [join(logs, 'a.jsonl'), join(logs, 'b.jsonl')];
    for (const each of [kept, gone]) writeFileSync(each, lines(requests.slice(0, 3)));
    class Rotated extends SpanTable {
      override addTo(...args: Parameters<SpanTable['addTo']>): number {
        rmSync(gone, { force: true });
        return super.addTo(...args);
      }
    }
    const [table, notes] = [new Rotated(), [] as string[]];
    await readPath(logs, table, notes);
    expect({ size: table.size, notes }).toEqual({ size: 3, notes: [`${gone}: no such file`] });
  });
});

describe('what is asked for', () => {
  const causes = async (...args: string[]) => {
    const { verdict, causes, coverage, window } = await answerOf([...args, '-'], json);
    return { verdict, service: causes[0]?.service, requests: coverage.requests, from: window.from };
  };

  it('--service: requests that it took part in', async () => {
    expect(await causes('--service', 'lists')).toMatchObject({ verdict: 'likely', service: 'lists', requests: 600 });
    expect(await causes('--service', 'nobody')).toMatchObject({ service: undefined, requests: 0 });
  });

  it('--route: requests whose route contains it', async () => {
    expect(await causes('--route', '/cart')).toMatchObject({ verdict: 'shown', service: 'shop', requests: 600 });
    expect(await causes('--route', '/list')).toMatchObject({ verdict: 'likely', service: 'lists', requests: 600 });
  });

  it('--last: what began so long before the end', async () => {
    expect(await causes('--last', '60s')).toMatchObject({ verdict: 'likely', service: 'lists', requests: 600 });
    expect(await causes('--last', '15s')).toMatchObject({ verdict: 'healthy', requests: 150 });
  });

  it('--around: the change nearest to a time', async () => {
    expect(await causes('--around', iso(45))).toMatchObject({ service: 'shop', from: iso(40) });
    expect(await causes('--around', iso(95))).toMatchObject({ service: 'lists', from: iso(90.1) });
    expect(await causes('--around', '12:01:35')).toMatchObject({ service: 'lists', from: iso(90.1) });
  });

  it.each([
    [['--last', 'soon'], '"soon" is no length of time such as 15m'],
    [['--around', 'noon'], '"noon" is no time'],
    [['--before', iso(1)], 'is not FROM..TO'],
    [['--before', `${iso(1)}..${iso(2)}`], '--before and --after go together'],
  ])('%s is refused with one line', async (args, line) => {
    const { status, stdout, stderr } = await foreshock(['explain', ...args, '-'], json);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(line);
  });

  it('a window without requests is said, and no cause', async () => {
    const { status, verdict, causes } = await answerOf(['--from', iso(500), '--to', iso(600), '-'], json);
    expect({ status, verdict, causes }).toEqual({ status: 3, verdict: 'unclear', causes: [] });
  });
});
