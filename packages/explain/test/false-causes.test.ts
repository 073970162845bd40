import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { analyse, KIND, readSources } from '../src/index.ts';
import { answerTo } from './foreshock.ts';
import { lines, type Made, newId, traceOf } from './incident.ts';
import { during, jitter, lookup, minute, query, route, send, wait } from './shop.ts';

const IS_SLOW_DATABASE = { kind: 'slow_dependency', service: 'shop', resource: 'postgresql shop' };

describe('a cache is not the cause', () => {
  let lastReport = '';

  it('where requests time out at a pool before their lookup', async () => {
    const data = minute((second, i) => {
      if (during(second))
        return [route('GET /cart', 3_005, [wait(1, 3_000, { error: 'ETIMEDOUT' })], { error: '500' })];
      const isMissed = i % 10 === 0;
      const miss = isMissed ? [query('SELECT carts', 8, 5)] : [];
      return [route('GET /cart', 20 + jitter(i), [query('SELECT session', 1, 3), lookup(!isMissed, 6), ...miss])];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'pool_exhausted', resource: 'pool shop' });
  });

  it('where a route that makes no lookups is slow, and called more often', async () => {
    const data = minute((second, i) => {
      const ms = during(second) ? 400 : 4;
      const post = route('POST /cart', 10 + ms + jitter(i), [query('INSERT carts', 2, ms)]);
      const isMissed = i % 10 === 0;
      const get = route('GET /cart', 12 + jitter(i), [
        lookup(!isMissed),
        ...(isMissed ? [query('SELECT carts', 8, 3)] : []),
      ]);
      if (during(second)) return [post, post, post, i % 2 ? get : undefined];
      return [i % 4 === 0 ? post : get];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject(IS_SLOW_DATABASE);
  });

  it('where a database is so slow that callers miss an expired key together', async () => {
    const data = minute((second, i) => {
      const isMissed = during(second) ? i % 5 !== 4 : i % 50 === 0;
      const ms = during(second) ? 700 : 4;
      const request = route(
        'GET /prices',
        (isMissed ? ms : 0) + 8 + jitter(i),
        isMissed ? [lookup(false), query('SELECT prices', 3, ms)] : [lookup(true)],
      );
      if (during(second) && i % 50 === 0)
        request.events = { 'cache.stampede': { 'cache.key': 'prices:*', 'cache.stampede.callers': 6 } };
      return [request];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject(IS_SLOW_DATABASE);
  });

  it('where callers miss an expired key together because another route keeps the connections', async () => {
    const data = minute((second, i) => {
      const isReport = second >= 40 && second < 41;
      const report = newId(32);
      const reports = isReport
        ? ([route('GET /report', 10_000, [query('SELECT orders', 1, 9_990)]), report] as const)
        : undefined;
      if (isReport) lastReport = report;
      const isMissed = during(second) || i % 40 === 0;
      const waitMs = during(second) ? (50 - second) * 1_000 : 0;
      const held = {
        'pool.holder.trace_id': lastReport,
        'pool.holder.held_ms': 9_990,
        'pool.holder.operation': 'GET /report: SELECT orders',
      };
      const miss = [
        lookup(false),
        ...(waitMs ? [wait(2, waitMs, { attributes: held })] : []),
        query('SELECT prices', 3 + waitMs, 4),
      ];
      const request = route('GET /prices', waitMs + 12 + jitter(i), isMissed ? miss : [lookup(true)]);
      if (during(second) && i % 10 === 0)
        request.events = { 'cache.stampede': { 'cache.key': 'prices:*', 'cache.stampede.callers': 40 } };
      return [reports, request];
    });
    expect(await answerTo(data)).toMatchObject({
      verdict: 'shown',
      causes: [{ kind: 'long_hold', resource: 'pool shop', operation: expect.stringContaining('GET /report') }],
    });
  });
});

describe('failures as many as ever', () => {
  it('are no part of what went wrong', async () => {
    const data = minute((second, i) => {
      const ms = during(second) ? 500 : 4;
      return [
        route('GET /cart', 12 + ms + jitter(i), [query('SELECT carts', 2, ms)]),
        send([{ error: 'greylisted' }, { afterMs: 503 }], `m${i}`),
      ];
    });
    expect(await answerTo(data)).toMatchObject({
      verdict: 'shown',
      causes: [IS_SLOW_DATABASE],
      impact: [{ service: 'shop', route: 'GET /cart', failed: 0 }],
    });
  });
});

describe('messages are not the cause', () => {
  const charge = (error?: string): Made => ({
    service: 'mailer',
    name: 'POST',
    kind: 'CLIENT',
    at: 5,
    ms: 3,
    attributes: { 'server.address': 'payments', 'server.port': 80 },
    ...(error
      ? { error }
      : { children: [{ service: 'payments', name: 'POST /charges', kind: 'SERVER' as const, at: 6, ms: 1 }] }),
  });

  it.each([
    ['ECONNREFUSED', 'dependency_unreachable'],
    ['500', 'dependency_errors'],
  ])('where a dependency of a few of them fails of %s', async (error, kind) => {
    const data = minute((second, i) => {
      if (i % 10 !== 0) return [send([{}], `m${i}`)];
      if (!during(second)) return [send([{ children: [charge()] }], `m${i}`)];
      const tries = [0, 1, 2].map((n) => ({ afterMs: 3 + n * 300, error: 'Error', children: [charge(error)] }));
      return [send(tries, `m${i}`)];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind, service: 'payments' });
  });

  it('where what their work needs is down, even if they were acknowledged before', async () => {
    const data = minute((second, i) => {
      const attributes = { 'queue.acked_early': true };
      const bad = { error: 'Error', attributes, children: [charge('ECONNREFUSED')] };
      return [send([during(second) ? bad : { attributes, children: [charge()] }], `m${i}`)];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'dependency_unreachable', service: 'payments' });
  });

  it('where a partition is late when the input ends', async () => {
    const data = minute((second, i) => {
      if (i % 4 !== 0 || second < 40) return [send([{}], `m${i}`)];
      // Handled one by one, 2 s each.
      const n = (i - 400) / 4;
      return [send(n < 10 ? [{ waitMs: n * 1_600 + 5, ms: 2_000 }] : [], `m${i}`)];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'slow_consumer', service: 'mailer' });
  });

  it('where a third of the consumers has no spans', async () => {
    const data = minute((_, i) => [send(i % 3 ? [{}] : [], `m${i}`)]);
    expect(await answerTo(data)).toMatchObject({ verdict: 'healthy' });
  });
});

it('a statement that is slow by itself waits for no lock, though a transaction ends at any time', async () => {
  const data = minute((second, i) => {
    const buy = (of: number): Made => {
      const ms = during(second) ? 400 + ((i * 3 + of) % 11) * 9 : 3;
      return route('POST /buy', ms + 20, [
        query('SELECT products', 1, 3),
        query('UPDATE stock', 6, ms, { attributes: { 'db.collection.name': 'stock' } }),
        query('COMMIT', ms + 10, 2),
      ]);
    };
    return [buy(0), buy(1), buy(2)];
  });
  expect((await answerTo(data)).causes[0]).toMatchObject(IS_SLOW_DATABASE);
});

it('a blocked loop is not caused by twice as many requests, which would not fill it', async () => {
  const data = minute((second, i) => {
    if (!during(second)) return [route('GET /cart', 10 + jitter(i), [query('SELECT carts', 2, 3)])];
    const blocked = { attributes: { 'event_loop.blocked_ms': 480 } };
    const request = route('GET /cart', 500 + jitter(i), [query('SELECT carts', 2, 3)], blocked);
    return [request, request];
  });
  expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'event_loop_blocked', service: 'shop' });
});

describe('a new version is not the cause', () => {
  const cart = (second: number, i: number, since: number): Made => {
    const version = second >= since ? { version: '1.3.0', instance: 'b' } : { version: '1.2.9', instance: 'a' };
    const ms = during(second) ? 400 : 3;
    return route('GET /cart', ms + 10 + jitter(i), [{ ...query('SELECT carts', 2, ms), ...version }], version);
  };

  it('where another service, which has none, suffers of the same database', async () => {
    const data = minute((second, i) => {
      const ms = during(second) ? 400 : 3;
      const stock: Made = {
        service: 'stock',
        name: 'GET /stock',
        kind: 'SERVER',
        at: 0,
        ms: ms + 10 + jitter(i),
        children: [{ ...query('SELECT stock', 2, ms), service: 'stock' }],
      };
      return second > 55 ? [] : [cart(second, i, 39.5), stock];
    });
    const { causes } = await answerTo(data);
    expect(causes.map(({ kind, resource }) => ({ kind, resource }))).toEqual([
      { kind: 'slow_dependency', resource: 'postgresql shop' },
      { kind: 'slow_dependency', resource: 'postgresql shop' },
    ]);
  });

  it('where it goes on and is healthy again', async () => {
    const data = minute((second, i) => [cart(second, i, 39.5)]);
    expect((await answerTo(data)).causes[0]).toMatchObject(IS_SLOW_DATABASE);
  });
});

it('a quarter of four requests a second that take seconds is no chance', async () => {
  const data = lines(
    Array.from({ length: 90 }, (_, i) => {
      const ms = i >= 40 && i < 80 && i % 4 === 0 ? 3_000 : 3;
      return traceOf(i * 250, route('GET /cart', ms + 10 + jitter(i), [query('SELECT carts', 2, ms)]));
    }),
  );
  expect((await answerTo(data)).causes[0]).toMatchObject(IS_SLOW_DATABASE);
});

describe('a start', () => {
  const request = (second: number, coldMs: number, queryMs: number): Made =>
    route('GET /cart', coldMs + queryMs + 10 + jitter(second * 10), [query('SELECT carts', 2, queryMs + coldMs / 2)]);

  it('is no usual time: a fault after it is seen', async () => {
    const data = lines(
      Array.from({ length: 200 }, (_, i) => {
        const second = i / 10;
        const coldMs = second < 1.5 ? 600 - second * 300 : 0;
        return traceOf(i * 100, request(second, coldMs, second >= 9 && second < 14 ? 250 : 3));
      }),
    );
    const answer = await answerTo(data);
    expect(answer.causes[0]).toMatchObject(IS_SLOW_DATABASE);
    expect(answer.impact[0]!.baselineP95Ms).toBeLessThan(30);
  });

  it('is no incident by itself', async () => {
    const data = minute((second) => [request(second, second < 3 ? 600 - second * 200 : 0, 3)]);
    expect(await answerTo(data)).toMatchObject({ verdict: 'healthy' });
  });
});

it('a sample that has hardly a usual request is not called healthy', async () => {
  const data = minute((second, i) => {
    const ms = during(second) ? 300 : 3;
    return during(second) || i % 50 === 0 ? [route('GET /cart', ms + 10, [query('SELECT carts', 2, ms)])] : [];
  });
  expect(await answerTo(data)).toMatchObject({
    verdict: 'unclear',
    doubts: ['most requests of `shop GET /cart` took 310 ms, a few 13 ms: perhaps a sample of slow ones'],
  });
});

it('a holder is named with its request, and with what it did meanwhile', async () => {
  const pool = { attributes: { 'db.client.connection.pool.name': 'db:5432/shop' } };
  const call: Made = {
    service: 'shop',
    name: 'POST',
    kind: 'CLIENT',
    at: 20,
    ms: 900,
    attributes: { 'server.address': 'payments' },
    children: [{ service: 'payments', name: 'POST /charges', kind: 'SERVER', at: 21, ms: 898 }],
  };
  const data = minute((second, i) => {
    const holder = newId(32);
    const held = {
      'pool.holder.trace_id': holder,
      'pool.holder.held_ms': 900,
      'pool.holder.operation': 'INSERT orders',
    };
    return [
      [route('POST /pay', 940, [query('INSERT orders', 2, 4, pool), call]), holder],
      during(second)
        ? route('GET /cart', 930, [wait(50, 860, { attributes: held }), query('SELECT carts', 915, 3, pool)])
        : route('GET /cart', 20 + jitter(i), [query('SELECT carts', 5, 3, pool)]),
    ];
  });
  const { causes, pools } = await answerTo(data);
  expect(causes[0]!.text).toMatch(/^`POST \/pay` kept the connections of pool shop in shop while it called payments /);
  expect(pools[0]!.holders).toEqual(['POST /pay: INSERT orders']);
});

describe('a pool', () => {
  const pool = { 'db.client.connection.pool.name': 'db:5432/shop' };
  const opening = (at: number, ms: number, error?: string): Made =>
    wait(at, ms, { ...(error ? { error } : {}), attributes: { 'pool.wait_reason': 'connect' } });
  /** Some open a connection, as ever. */
  const usual = (i: number): Made => {
    const opens = i % 20 === 0 ? [opening(1, 2 + (jitter(i) % 2))] : [];
    return route('POST /orders', 14 + jitter(i), [...opens, query('INSERT orders', 5, 6)]);
  };

  it('is kept by its holder, however long that took to open its connections', async () => {
    const data = minute((second, i) => {
      if (!during(second) || i % 10 !== 0) return [usual(i)];
      const holder = newId(32);
      const queries = [query('SELECT orders', 41, 2_959), query('SELECT items', 63, 2_957)];
      const report = route('GET /report', 3_021, [opening(0, 40), opening(20, 42), ...queries]);
      // They ask soon after it was granted the first, while it opens the second.
      const held = {
        'pool.holder.trace_id': holder,
        'pool.holder.held_ms': 41,
        'pool.holder.operation': 'SELECT orders',
      };
      const late = {
        ...route('POST /orders', 2_955, [wait(1, 2_940, { attributes: held }), query('INSERT orders', 2_942, 6)]),
        at: 80,
      };
      return [[report, holder], late, late, late];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'long_hold',
      resource: 'pool shop',
      operation: 'GET /report',
    });
  });

  it('that is slow to open connections, and is kept by others, has two causes', async () => {
    const report = newId(32);
    const data = minute((second, i) => {
      if (second === 40) return [[route('GET /report', 10_000, [query('SELECT orders', 1, 9_990)]), report]];
      if (!during(second)) return [usual(i)];
      const held = {
        'pool.holder.trace_id': report,
        'pool.holder.held_ms': 9_000,
        'pool.holder.operation': 'SELECT orders',
      };
      // Of twenty, eleven open a connection.
      const first = i % 20 < 11 ? opening(1, 1_500) : wait(1, 1_500, { attributes: held });
      return [route('POST /orders', 1_515 + jitter(i), [first, query('INSERT orders', 1_503, 6)])];
    });
    const { causes, verdict } = await answerTo(data);
    expect(verdict).toBe('unclear');
    expect(causes.map(({ kind, explains }) => [kind, explains])).toEqual([
      ['connect_slow', expect.closeTo(0.55, 1)],
      ['long_hold', expect.closeTo(0.45, 1)],
    ]);
  });

  it.each([
    ['ECONNREFUSED', 'dependency_unreachable'],
    ['timeout', 'dependency_unreachable'],
    ['28P01', 'dependency_errors'],
  ])('is not too small where opening a connection fails of %s', async (error, kind) => {
    const data = minute((second, i) => [
      during(second) ? route('POST /orders', 8, [opening(1, 3, error)], { error: '500' }) : usual(i),
    ]);
    const [cause] = (await answerTo(data)).causes;
    expect(cause).toMatchObject({ kind, service: 'shop', resource: 'pool shop' });
    expect(cause!.text).toContain(error);
  });

  it('is not too small where a query fails that waited for it before', async () => {
    const data = minute((second, i) => {
      if (!during(second)) return [usual(i)];
      const waited = { attributes: { ...pool, 'pool.wait_ms': 30, 'pool.wait_reason': 'queue' }, error: '53100' };
      return [route('POST /orders', 50, [wait(1, 30), query('INSERT orders', 32, 6, waited)], { error: '500' })];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'dependency_errors', resource: 'postgresql shop' });
  });

  it('is not waited for by a query that was cut off, with the attributes of a wait that was', async () => {
    const attributes = { ...pool, 'db.system.name': 'postgresql', 'foreshock.interrupted': true };
    const cut = (name: string, kind: 'INTERNAL' | 'CLIENT'): Made => ({
      service: 'shop',
      name,
      kind,
      at: 1,
      ms: 5,
      attributes,
    });
    const spans = [cut('pool.acquire shop', 'INTERNAL'), cut('BEGIN', 'CLIENT')];
    const { table } = await readSources(['-'], Readable.from([lines([traceOf(0, route('POST /orders', 10, spans))])]));
    const { signals } = analyse(table, {}).known.whole;
    const kinds = signals.all.map(({ kind, service, peer }) => [
      kind,
      table.strings.text(service),
      table.strings.text(peer),
    ]);
    expect(kinds).toEqual([
      ['self', 'shop', ''],
      ['poolWait', 'shop', 'pool shop'],
      ['dependency', 'shop', 'postgresql'],
    ]);
    expect(table.kind.indexOf(KIND.CLIENT)).toBeGreaterThan(0);
    expect(table.attributes[table.kind.indexOf(KIND.CLIENT)]).not.toHaveProperty('isWait');
  });
});
