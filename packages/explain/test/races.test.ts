import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { racesAnswer, type RacesAnswer } from '../src/races/answer.ts';
import { findRaces } from '../src/races/find.ts';
import { readSources } from '../src/index.ts';
import { foreshock } from './foreshock.ts';
import { lines, traceOf, type Made } from './incident.ts';

const call = (name: string, access: string, at: number, ms = 1): Made => ({
  service: '',
  name,
  kind: 'CLIENT',
  at,
  ms,
  attributes: {
    'db.system.name': 'postgresql',
    'db.namespace': 'shop',
    'db.collection.name': 'stock',
    'db.row.hash': '0a1b2c3d4e5f',
    'db.row.access': access,
    'db.row.columns': 'units',
  },
});

/** A request that reads a row after 10 ms and writes it after 30 ms. */
const buying = (service: string, host: string, caller?: string): Made => {
  const process = { service, instance: `${service} 1`, ...(host && { host }) };
  const within = (made: Made): Made => ({ ...made, ...process });
  const served: Made = {
    ...process,
    name: 'POST /buy',
    kind: 'SERVER',
    at: 1,
    ms: 48,
    children: [within(call('SELECT stock', 'read', 10)), within(call('UPDATE stock', 'update', 30))],
  };
  return caller === undefined
    ? served
    : {
        service: 'gateway',
        instance: 'gateway 1',
        host: caller,
        name: 'POST',
        kind: 'CLIENT',
        at: 0,
        ms: 50,
        children: [served],
      };
};

async function answerTo(...requests: object[]): Promise<RacesAnswer> {
  const { table } = await readSources(['-'], Readable.from([lines(requests)]));
  return racesAnswer(findRaces(table), 0, []);
}

it('claims no order between machines whose clocks nothing compares', async () => {
  const answer = await answerTo(traceOf(0, buying('a', 'one')), traceOf(5, buying('b', 'two')));
  expect(answer).toMatchObject({ findings: [], compared: { rows: 1, clocksUnknown: 1 } });
});

it('orders calls of two machines by what their callers know, and says how surely', async () => {
  const answer = await answerTo(traceOf(0, buying('a', 'one', 'gateway')), traceOf(5, buying('b', 'two', 'gateway')));
  const [finding] = answer.findings;
  expect(finding).toMatchObject({ kind: 'lost_update', on: 'row 0a1b2c3d4e5f of stock (postgresql shop)', times: 1 });
  // Each server may be off by the millisecond around it.
  expect(finding!.timeline.map(({ afterMs, plusMinusMs, service }) => [service, afterMs, plusMinusMs])).toEqual([
    ['b', 0, 0],
    ['a', 15, 2],
    ['b', 20, 0],
  ]);
  expect(answer.compared.clocksUnknown).toBe(0);
});

it('claims none within what the clocks can be apart', async () => {
  // The second reads when the first writes.
  const answer = await answerTo(traceOf(0, buying('a', 'one', 'gateway')), traceOf(20, buying('b', 'two', 'gateway')));
  expect(answer.findings).toEqual([]);
});

it('claims none of one after the other, of a failed write, of a transaction without end', async () => {
  const shop = (at: number): object => traceOf(at, buying('a', 'one'));
  expect((await answerTo(shop(0), shop(50))).findings).toEqual([]);
  const failed = buying('a', 'one');
  failed.children![1]!.error = '40001';
  expect((await answerTo(shop(0), traceOf(5, failed))).findings).toEqual([]);
  const open = buying('a', 'one');
  open.children!.unshift({ ...call('BEGIN', '', 5), service: 'a', instance: 'a 1', host: 'one' });
  expect((await answerTo(shop(0), traceOf(5, open))).findings).toEqual([]);
  expect((await answerTo(shop(0), shop(5))).findings).toHaveLength(1);
});

it('reads Zipkin and Jaeger', async () => {
  const shop = [traceOf(0, buying('a', 'one'), '1'.repeat(32)), traceOf(5, buying('a', 'one'), '2'.repeat(32))];
  const { stdout, status } = await foreshock(['races', '-'], lines(shop));
  const zipkin = await foreshock(['races', '-'], Buffer.from(JSON.stringify(zipkinOf(shop))));
  const jaeger = await foreshock(['races', '-'], Buffer.from(JSON.stringify(jaegerOf(shop))));
  expect(status).toBe(1);
  expect(stdout).toBe(`LOST UPDATE
It was read, then another request changed it, then the first one wrote what it had computed from the
old value. Once; this is row 0a1b2c3d4e5f of stock (postgresql shop):
           12:00:00.015000  a  22222222  SELECT stock
                    +15 ms  a  11111111  UPDATE stock
                    +20 ms  a  22222222  UPDATE stock
  traces 22222222222222222222222222222222  11111111111111111111111111111111

Compared: the calls to 0 cache keys, 1 row, 0 handled messages of 6 spans.
`);
  expect(zipkin).toEqual({ stdout, status, stderr: '' });
  expect(jaeger).toEqual({ stdout, status, stderr: '' });
});

it('ends with 0 where nothing raced, 3 where nothing can be compared, 2 where nothing can be read', async () => {
  const shop = traceOf(0, buying('a', 'one'));
  expect(await foreshock(['races', '-'], lines([shop]))).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('No races seen'),
  });
  const plain = traceOf(0, { service: 'a', name: 'GET /', kind: 'SERVER', at: 0, ms: 1 });
  expect(await foreshock(['races', '-'], lines([plain]))).toMatchObject({
    status: 3,
    stdout: expect.stringContaining('start the services with FORESHOCK_KEY_HASH'),
  });
  expect(await foreshock(['races', 'no-such-file'])).toMatchObject({ status: 2, stdout: '' });
  expect(await foreshock(['races', '--no-such-option'])).toMatchObject({ status: 2, stdout: '' });
});

interface Otlp {
  resourceSpans: {
    resource: { attributes: Pair[] };
    scopeSpans: { spans: Span[] }[];
  }[];
}
interface Pair {
  key: string;
  value: { stringValue?: string; intValue?: string };
}
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Pair[];
}

const KINDS = [undefined, undefined, 'SERVER', 'CLIENT'];

function spansOf(requests: object[]): { span: Span; process: Record<string, string>; start: number; ms: number }[] {
  return (requests as Otlp[]).flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans[0]!.spans.map((span) => {
        const [start, end] = [span.startTimeUnixNano, span.endTimeUnixNano].map((time) => Number(BigInt(time) / 1000n));
        return { span, process: valuesOf(resource.attributes), start: start!, ms: end! - start! };
      }),
    ),
  );
}

function valuesOf(pairs: Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, (value.stringValue ?? value.intValue)!]));
}

function zipkinOf(requests: object[]): object[] {
  return spansOf(requests).map(({ span, process, start, ms }) => ({
    traceId: span.traceId,
    id: span.spanId,
    parentId: span.parentSpanId,
    name: span.name,
    kind: KINDS[span.kind],
    timestamp: start,
    duration: ms,
    localEndpoint: { serviceName: process['service.name'] },
    tags: { ...process, ...valuesOf(span.attributes) },
  }));
}

function jaegerOf(requests: object[]): object {
  const tags = (values: Record<string, string>): object[] =>
    Object.entries(values).map(([key, value]) => ({ key, value }));
  return {
    data: spansOf(requests).map(({ span, process, start, ms }) => ({
      processes: { p1: { serviceName: process['service.name'], tags: tags(process) } },
      spans: [
        {
          traceID: span.traceId,
          spanID: span.spanId,
          operationName: span.name,
          processID: 'p1',
          references: span.parentSpanId
            ? [{ refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentSpanId }]
            : [],
          startTime: start,
          duration: ms,
          tags: [
            ...tags(valuesOf(span.attributes)),
            { key: 'span.kind', value: (KINDS[span.kind] ?? '').toLowerCase() },
          ],
        },
      ],
    })),
  };
}
