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

it('claims none between machines of one name, whose calls contradict one clock', async () => {
  const shop = (name: string): Made => buying(name, 'app');
  expect((await answerTo(traceOf(0, shop('a')), traceOf(5, shop('b')))).findings).toHaveLength(1);
  const calling: Made = { ...buying('a', 'app', 'app'), at: 60 };
  const answer = await answerTo(traceOf(0, shop('a')), traceOf(5, shop('b')), traceOf(200, calling));
  expect(answer).toMatchObject({ findings: [], compared: { clocksUnknown: 1 } });
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

const client = (name: string, at: number, attributes: Made['attributes'] = {}, ms = 1): Made => ({
  service: 'a',
  instance: 'a 1',
  host: 'one',
  name,
  kind: 'CLIENT',
  at,
  ms,
  attributes,
});
const key = (name: string, at: number, access: string, hit?: boolean, hash = 'c0'): Made =>
  client(name, at, {
    'db.system.name': 'redis',
    'db.namespace': '0',
    'cache.key.hash': hash,
    'cache.key.access': access,
    ...(hit !== undefined && { 'cache.hit': hit }),
  });
const served = (...children: Made[]): Made => ({ ...client('GET /', 0, {}, 100), kind: 'SERVER', children });

it('does not take a cache that is filled by what a POST answers, or by a calculation, for a check', async () => {
  const search = client('POST', 5, { 'http.request.method': 'POST', 'server.address': 'search' }, 20);
  const filled = (...loaded: Made[]): Made =>
    served(key('GET', 1, 'read', false), ...loaded, key('SET', 30, 'write_expiring'));
  const hit = served(key('GET', 1, 'read', true));
  const searches = [traceOf(0, filled(search)), traceOf(3, filled(search)), traceOf(200, hit)];
  expect((await answerTo(...searches)).findings).toEqual([]);
  const kept = served(key('GET', 1, 'read', false), key('SET', 30, 'write'));
  expect((await answerTo(traceOf(0, kept), traceOf(3, kept))).findings).toEqual([]);
  // A value that is refreshed.
  const refreshed = served(key('GET', 1, 'read', true), search, key('SET', 30, 'write_expiring'));
  expect((await answerTo(traceOf(0, refreshed), traceOf(3, refreshed))).findings).toEqual([]);
  // Both charge once the key is theirs.
  const charge = { ...search, at: 40 };
  const claims = [0, 3].map((at) => traceOf(at, served(key('GET', 1, 'read', false), key('SET', 10, 'write'), charge)));
  expect((await answerTo(...claims)).findings).toMatchObject([{ kind: 'check_then_act', times: 1 }]);
});

it('does not say that a read is stale where the key may have been removed by what is not seen', async () => {
  const row = (name: string, at: number, access: string): Made => ({
    ...client(name, at),
    ...call(name, access, at),
    service: 'a',
  });
  const filled = served(key('GET', 1, 'read', false), row('SELECT stock', 3, 'read'), key('SET', 30, 'write_expiring'));
  const changed = (...more: Made[]): Made => served(row('UPDATE stock', 10, 'update'), ...more);
  const hit = traceOf(200, served(key('GET', 1, 'read', true)));
  const stale = await answerTo(traceOf(0, filled), traceOf(0, changed()), hit);
  expect(stale.findings).toMatchObject([{ kind: 'stale_read' }]);
  const pipeline = client('PIPELINE', 40, { 'db.system.name': 'redis', 'db.namespace': '0' });
  expect((await answerTo(traceOf(0, filled), traceOf(0, changed(pipeline)), hit)).findings).toEqual([]);
  const missed = traceOf(100, served(key('GET', 1, 'read', false)));
  expect((await answerTo(traceOf(0, filled), traceOf(0, changed()), missed, hit)).findings).toEqual([]);
});

const but = (made: Made, other: Partial<Made>): Made => ({ ...made, ...other });
const handling = (at: number, attributes: Made['attributes'], ...children: Made[]): Made => ({
  ...client('process orders', at, {
    'messaging.system': 'rabbitmq',
    'messaging.destination.name': 'orders',
    'messaging.message.id': '1',
    ...attributes,
  }),
  kind: 'CONSUMER',
  ms: 10,
  children: children.map((child) => but(child, { at: child.at + at })),
});
const insert = client('INSERT payments', 2, {
  'db.system.name': 'postgresql',
  'db.namespace': 'shop',
  'db.row.access': 'insert',
});
const sending = (...children: Made[]): Made => ({
  ...client('send orders', 4, { 'messaging.system': 'rabbitmq', 'messaging.destination.name': 'orders' }),
  kind: 'PRODUCER',
  children,
});

it('knows a message of Kafka by its partition and offset, handled twice by one group', async () => {
  const ofKafka = (offset: number, more: Made['attributes'] = {}): Made['attributes'] => ({
    'messaging.system': 'kafka',
    'messaging.destination.partition.id': '2',
    'messaging.kafka.offset': offset,
    'messaging.consumer.group.name': 'billing',
    ...more,
  });
  const handlingOf = (at: number, attributes: Made['attributes']): Made => {
    const made = handling(at, attributes, insert);
    delete made.attributes!['messaging.message.id'];
    return made;
  };
  const two = (first: Made['attributes'], second: Made['attributes']): Made =>
    served(handlingOf(10, first), handlingOf(30, second));
  expect((await answerTo(traceOf(0, two(ofKafka(7), ofKafka(7))))).findings).toMatchObject([
    { kind: 'double_processing', times: 1 },
  ]);
  for (const other of [
    ofKafka(8),
    ofKafka(7, { 'messaging.consumer.group.name': 'mail' }),
    ofKafka(7, { 'messaging.destination.partition.id': '3' }),
    ofKafka(7, { 'messaging.batch.message_count': 2 }),
  ]) {
    expect((await answerTo(traceOf(0, two(ofKafka(7), other)))).findings).toEqual([]);
  }
  // Upstream's spans do not name it.
  const ofAny = ofKafka(7);
  delete ofAny!['messaging.consumer.group.name'];
  expect((await answerTo(traceOf(0, two(ofAny, ofAny)))).findings).toEqual([]);
});

it('does not take a message that its handler sent again, or that all are to handle, for one handled twice', async () => {
  const twice = served(handling(10, {}, insert), handling(30, {}, insert));
  expect((await answerTo(traceOf(0, twice))).findings).toMatchObject([{ kind: 'double_processing', times: 1 }]);
  const again = served(handling(10, {}, insert, sending(handling(30, {}, insert))));
  expect((await answerTo(traceOf(0, again))).findings).toEqual([]);
  const later = served(handling(10, {}, insert, sending()), handling(30, {}, insert));
  expect((await answerTo(traceOf(0, later))).findings).toEqual([]);
  const broadcast = { 'messaging.destination.name': '(temporary)' };
  const all = served(handling(10, broadcast, insert), handling(11, broadcast, insert));
  expect((await answerTo(traceOf(0, all))).findings).toEqual([]);
});

it('tells messages of one sender apart', async () => {
  // FNV-1a of 32 bits is the same of both.
  const two = served(
    handling(10, { 'messaging.message.id': 'm7mu1zuiii' }, insert),
    handling(30, { 'messaging.message.id': 'mqooek82jw8' }, insert),
  );
  expect((await answerTo(traceOf(0, two))).findings).toEqual([]);
});

it('orders calls of a machine whose clock is off as that machine did', async () => {
  // The gateway's clock is 50 ms ahead of that of `shop`, which short calls contradict and long ones do not.
  const ahead = (served: Made, ms: number): Made => ({
    ...client('POST', 0, {}, ms),
    service: 'gateway',
    instance: 'gateway 1',
    host: 'gateway',
    children: [served],
  });
  const at = (name: string) => ({ service: name, instance: name, host: 'shop' });
  const within = (name: string, from: number, ms: number, ...children: Made[]): Made => ({
    ...client('POST /', from, {}, ms),
    ...at(name),
    kind: 'SERVER',
    children: children.map((child) => but(child, at(name))),
  });
  const short = within('short', -50, 2);
  // By their one clock `short` has written when `long` reads.
  const wrote = ahead(within('short', -50, 30, key('GET', -49, 'read', true), key('SET', -45, 'write')), 31);
  const read = ahead(within('long', 1, 150, key('GET', 8, 'read', true), key('SET', 95, 'write')), 400);
  const calls = [0, 500, 600, 700].map((begin) => traceOf(begin, ahead(short, 3)));
  const answer = await answerTo(...calls, traceOf(60, wrote), traceOf(25, read));
  expect(answer).toMatchObject({ findings: [], compared: { cacheKeys: 1 } });
});

it('reads Zipkin and Jaeger', async () => {
  const shop = [traceOf(0, buying('a', 'one'), '1'.repeat(32)), traceOf(5, buying('a', 'one'), '2'.repeat(32))];
  const { stdout, status } = await foreshock(['races', '-'], lines(shop));
  const zipkin = await foreshock(['races', '-'], Buffer.from(JSON.stringify(zipkinOf(shop))));
  const jaeger = await foreshock(['races', '-'], Buffer.from(JSON.stringify(jaegerOf(shop))));
  expect(status).toBe(1);
  expect(stdout).toBe(`LOST UPDATE
It was read, then another request changed it, then the first one wrote it without having seen that
change. Once; this is row 0a1b2c3d4e5f of stock (postgresql shop):
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
