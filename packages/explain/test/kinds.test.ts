import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { analyse, readSources } from '../src/index.ts';
import { nameCause, nameWith } from '../src/verdict/name-cause.ts';
import { answerTo } from './foreshock.ts';
import { lines, type Made, newId, traceOf } from './incident.ts';
import { during, type Handling, jitter, lookup, minute, query, route, send, wait } from './shop.ts';

describe('lock_wait', () => {
  it('is statements that end when the transaction of another on the same table does', async () => {
    const data = minute((second, i) => {
      const isLocked = during(second);
      // A transaction locks the table for 1.9 s every two seconds.
      const waitMs = isLocked ? Math.max(3, 1_900 - ((i * 100) % 2_000)) : 3;
      const buy = route('POST /buy', waitMs + 12 + jitter(i), [
        query('SELECT products', 1, 3 + jitter(i)),
        query('UPDATE stock', 9, waitMs + jitter(i), { attributes: { 'db.collection.name': 'stock' } }),
      ]);
      const inventory = route('POST /inventory', 1_905, [
        query('UPDATE stock', 1, 4, { attributes: { 'db.collection.name': 'stock' } }),
        query('COMMIT', 1_904, 1),
      ]);
      return [buy, isLocked && (i * 100) % 2_000 === 0 ? inventory : undefined];
    });
    expect(await answerTo(data)).toMatchObject({
      causes: [
        {
          kind: 'lock_wait',
          service: 'shop',
          resource: 'postgresql shop',
          text: expect.stringContaining('until the transaction of `POST /inventory` ended'),
        },
      ],
    });
  });

  it('is reads that end when a transaction that locks their table does', async () => {
    const data = minute((second, i) => {
      const waitMs = during(second) ? Math.max(2, 1_500 - ((i * 100) % 2_000)) : 2;
      const stocktaking = route('POST /stocktaking', 1_505, [
        query('LOCK products', 1, 1, { attributes: { 'db.collection.name': 'products' } }),
        query('COMMIT', 1_503, 1),
      ]);
      const products = { attributes: { 'db.collection.name': 'products' } };
      return [
        route('GET /list', waitMs + 8 + jitter(i), [query('SELECT products', 4, waitMs, products)]),
        during(second) && (i * 100) % 2_000 === 0 ? stocktaking : undefined,
      ];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'lock_wait',
      text: expect.stringContaining('until the transaction of `POST /stocktaking` ended'),
    });
  });

  it('is not statements that may have been behind a long one on their connection', async () => {
    const data = minute((second, i) => {
      const waitMs = during(second) && i % 2 === 0 ? (50 - second) * 1_000 : 3;
      const name = i % 2 === 0 ? 'SELECT stock' : 'SELECT products';
      const report = route('GET /report', 9_999, [query('SELECT sales', 1, 9_995)]);
      return [
        second === 40 ? report : undefined,
        route(i % 2 === 0 ? 'GET /stock' : 'GET /list', waitMs + 12 + jitter(i), [query(name, 2, waitMs)]),
      ];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'slow_dependency', resource: 'postgresql shop' });
  });

  it('is not a database that answers nothing until it goes on', async () => {
    const data = minute((second, i) => {
      const waitMs = during(second) ? (50 - second) * 1_000 : 2;
      return [
        i % 5 === 0 ? route('GET /list', waitMs + 8 + jitter(i), [query('SELECT products', 4, waitMs)]) : undefined,
      ];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'dependency_unreachable' });
  });

  it('is reads that a busy process gets late, too', async () => {
    const data = minute((second, i) => {
      const isLocked = during(second) && (i * 100) % 2_000 < 1_500;
      // Answers are read up to 40 ms late, and 90 ms where the loop was blocked.
      const blockedMs = isLocked && i % 3 === 0 ? 60 : 0;
      const lateMs = (i % 5) * 10 + blockedMs;
      const waitMs = isLocked ? 1_500 - ((i * 100) % 2_000) + lateMs : 5 + lateMs;
      const stocktaking = route('POST /stocktaking', 1_505, [
        query('LOCK products', 1, 1, { attributes: { 'db.collection.name': 'products' } }),
        query('COMMIT', 1_503, 1),
      ]);
      const attributes = { 'db.collection.name': 'products', ...(blockedMs && { 'event_loop.blocked_ms': blockedMs }) };
      return [
        route('GET /list', waitMs + 8 + jitter(i), [query('SELECT products', 4, waitMs, { attributes })]),
        isLocked && (i * 100) % 2_000 === 0 ? stocktaking : undefined,
      ];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'lock_wait', resource: 'postgresql shop' });
  });

  it('is a deadlock that the database reports', async () => {
    const data = minute((second, i) => {
      const isBad = during(second) && i % 3 === 0;
      return [
        route(
          'POST /buy',
          12 + jitter(i),
          [query('UPDATE stock', 2, 5, isBad ? { error: '40P01' } : {})],
          isBad ? { error: '500' } : {},
        ),
      ];
    });
    expect(await answerTo(data)).toMatchObject({ causes: [{ kind: 'lock_wait', resource: 'postgresql shop' }] });
  });

  it('is statements let go at one time by a holder that is not seen, while others are answered', async () => {
    const data = minute((second, i) => {
      const waitMs = during(second) && i % 2 === 0 ? (50 - second) * 1_000 : 3;
      const name = i % 2 === 0 ? 'SELECT stock' : 'SELECT products';
      return [route(i % 2 === 0 ? 'GET /stock' : 'GET /list', waitMs + 12 + jitter(i), [query(name, 2, waitMs)])];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'lock_wait',
      resource: 'postgresql shop',
      text: expect.stringContaining('who held the lock is not in the input'),
    });
  });

  it('is not said of a database that is slow with everything', async () => {
    const data = minute((second, i) => {
      const ms = during(second) ? 400 : 3;
      return [
        route('POST /buy', 3 * ms + 14 + jitter(i), [
          query('SELECT products', 1, ms + jitter(i)),
          query('UPDATE stock', ms + 6, ms),
          query('COMMIT', 2 * ms + 7, ms),
        ]),
      ];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'slow_dependency' });
  });
});

describe('a cache', () => {
  it('whose key is missed by many together is cache_stampede', async () => {
    const data = minute((second, i) => {
      const isMissed = during(second) || i % 40 === 0;
      const queryMs = during(second) ? 500 : 20;
      const request = route(
        'GET /prices',
        (isMissed ? queryMs : 0) + 8 + jitter(i),
        isMissed ? [lookup(false), query('SELECT prices', 3, queryMs)] : [lookup(true)],
      );
      if (during(second) && i % 10 === 0)
        request.events = { 'cache.stampede': { 'cache.key': 'prices:*', 'cache.stampede.callers': 20 } };
      return [request];
    });
    expect(await answerTo(data)).toMatchObject({
      causes: [
        {
          kind: 'cache_stampede',
          service: 'shop',
          resource: 'redis 0',
          text: expect.stringMatching(/up to 20 missed one key at a time, hits 9\d % → 0 %/),
        },
      ],
    });
  });

  it('that lost its entries is cache_stampede where callers miss together, though no query is slower', async () => {
    const data = minute((second, i) => {
      const isMissed = during(second) || i % 40 === 0;
      const request = route(
        'GET /prices',
        (isMissed ? 300 : 0) + 8 + jitter(i),
        isMissed ? [lookup(false), query('SELECT prices', 3, 300)] : [lookup(true)],
      );
      if (during(second) && i % 10 === 0)
        request.events = { 'cache.stampede': { 'cache.key': 'prices:*', 'cache.stampede.callers': 3 } };
      return [request];
    });
    expect(await answerTo(data)).toMatchObject({
      verdict: 'shown',
      causes: [{ kind: 'cache_stampede', service: 'shop', resource: 'redis 0' }],
    });
  });

  it('that is passed by is cache_down: its lookups stopped', async () => {
    const data = minute((second, i) => {
      const isPassedBy = during(second);
      const queryMs = isPassedBy ? 120 : 20;
      const isMissed = i % 20 === 0;
      return [
        route(
          'GET /prices',
          (isPassedBy || isMissed ? queryMs : 0) + 8 + jitter(i),
          isPassedBy
            ? [query('SELECT prices', 3, queryMs)]
            : isMissed
              ? [lookup(false), query('SELECT prices', 3, queryMs)]
              : [lookup(true)],
        ),
      ];
    });
    expect(await answerTo(data)).toMatchObject({
      causes: [
        {
          kind: 'cache_down',
          resource: 'redis 0',
          text: expect.stringContaining('lookups stopped: 1.0 → 0.0 a request'),
        },
      ],
    });
  });

  it('whose commands all wait until it is back is cache_down, without an error', async () => {
    const data = minute((second, i) => {
      const waitMs = during(second) ? (50 - second) * 1_000 : 1;
      return [route('GET /prices', waitMs + 8 + jitter(i), [{ ...lookup(true), ms: waitMs }])];
    });
    expect(await answerTo(data)).toMatchObject({ causes: [{ kind: 'cache_down', resource: 'redis 0' }] });
  });

  it('that is back fills itself again, which is a little slower', async () => {
    const data = minute((second, i) => {
      const waitMs = during(second) ? (50 - second) * 1_000 : 1;
      const later = during(second) ? 300 + (i % 10) * 100 : 0;
      const set = { ...lookup(false, waitMs + later + 2), name: 'SET', ms: during(second) ? 9 : 1 };
      return [
        route('GET /prices', waitMs + later + 20 + jitter(i), [
          { ...lookup(true), ms: waitMs },
          { ...set, attributes: { 'db.system.name': 'redis', 'db.namespace': '0' } },
        ]),
      ];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'cache_down', resource: 'redis 0' });
  });

  it('that answers with an error of its own is there', async () => {
    const data = minute((second, i) => {
      const bad = during(second) ? { error: 'WRONGTYPE' } : {};
      return [
        route('GET /prices', 8 + jitter(i), [{ ...lookup(true), ...bad }], during(second) ? { error: '500' } : {}),
      ];
    });
    expect(await answerTo(data)).toMatchObject({ causes: [{ kind: 'dependency_errors', resource: 'redis 0' }] });
  });
});

describe('messages', () => {
  it('of which one fails again and again are poison_message', async () => {
    const data = minute((_, i) => {
      const isPoison = i === 400;
      const tries = Array.from({ length: 30 }, (_, n) => ({ afterMs: 300 * n, error: 'SyntaxError' }));
      return [send(isPoison ? tries : [{}], `m${i}`)];
    });
    expect(await answerTo(data)).toMatchObject({
      causes: [
        {
          kind: 'poison_message',
          service: 'mailer',
          resource: 'queue mails',
          text: expect.stringMatching(/1 message failed \d+ times and never succeeded/),
        },
      ],
    });
  });

  it('of which one fails until its process ends during another try are poison_message, too', async () => {
    const data = minute((_, i) => {
      const tries: Handling[] = Array.from({ length: 30 }, (_, n) => ({ afterMs: 300 * n, error: 'requeued' }));
      const last: Handling = { afterMs: 9_000, attributes: { 'foreshock.interrupted': true } };
      return [send(i === 400 ? [...tries, last] : [{}], `m${i}`)];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'poison_message', resource: 'queue mails' });
  });

  it('that all fail are no poison', async () => {
    const data = minute((second, i) => {
      const tries = Array.from({ length: 3 }, (_, n) => ({ afterMs: 300 * n, error: 'SyntaxError' }));
      return [send(during(second) ? tries : [{}], `m${i}`)];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'dependency_errors', service: 'mailer' });
  });

  it.each<[string, Handling]>([
    ['acknowledged and then failed', { error: 'Error', attributes: { 'queue.acked_early': true } }],
    [
      'swallowed by a handler that logged an error',
      { events: { 'error.logged': { 'error.type': 'Error' } }, attributes: { 'queue.settled': 'ack' } },
    ],
  ])('%s are silent_loss', async (_, handling) => {
    const data = minute((second, i) => [send([during(second) && i % 2 === 0 ? handling : {}], `m${i}`)]);
    expect(await answerTo(data)).toMatchObject({
      causes: [{ kind: 'silent_loss', service: 'mailer', resource: 'queue mails' }],
    });
  });

  it('that are not handled, while later ones are, may be silent_loss', async () => {
    const data = minute((second, i) => [send(during(second) && i % 2 === 0 ? [] : [{}], `m${i}`)]);
    // They may be delayed.
    expect(await answerTo(data)).toMatchObject({
      verdict: 'unclear',
      causes: [{ kind: 'silent_loss', service: 'mailer', resource: 'queue mails' }],
      impact: [{ service: 'mailer', route: 'process mails' }],
    });
  });

  it('that wait at the end of the input are not lost', async () => {
    const data = minute((second, i) => [send(second > 50 ? [] : [{}], `m${i}`)]);
    expect(await answerTo(data)).toMatchObject({ verdict: 'healthy' });
  });

  it('whose handler logs an error and then succeeds are not lost', async () => {
    const charge = (error?: string): Made => ({
      service: 'mailer',
      name: 'POST',
      kind: 'CLIENT',
      at: error ? 6 : 9,
      ms: 1,
      ...(error ? { error, events: { 'error.logged': { 'error.type': error } } } : {}),
    });
    const data = minute((second, i) => [
      send([during(second) ? { children: [charge('ECONNRESET'), charge()] } : { children: [charge()] }], `m${i}`),
    ]);
    expect(await answerTo(data)).toMatchObject({ verdict: 'healthy' });
  });
});

describe('process_died', () => {
  const call = (ms: number, stock: string | undefined, error?: string): Made => {
    const get: Made = {
      service: 'shop',
      name: 'GET',
      kind: 'CLIENT',
      at: 1,
      ms,
      attributes: { 'server.address': 'stock', 'server.port': 80 },
    };
    if (error) return { ...get, error };
    return {
      ...get,
      children: [{ service: 'stock', instance: stock!, name: 'GET /stock', kind: 'SERVER', at: 1.2, ms: ms - 0.5 }],
    };
  };
  const incident = (after: string) =>
    minute((second, i) =>
      during(second)
        ? [route('GET /cart', 4, [call(1, undefined, 'ECONNREFUSED')], { error: '500' })]
        : [route('GET /cart', 12 + jitter(i), [call(8 + jitter(i), second < 40 ? 'one' : after)])],
    );

  it('is a process that another takes the place of, and what failed in between', async () => {
    expect(await answerTo(incident('two'))).toMatchObject({
      verdict: 'shown',
      causes: [{ kind: 'process_died', service: 'stock', resource: null }],
    });
  });

  it('is one even where each process has a configuration of its own', async () => {
    const data = minute((second, i) => {
      if (during(second)) return [route('GET /cart', 4, [call(1, undefined, 'ECONNREFUSED')], { error: '500' })];
      const name = second < 20 ? 'zero' : second < 40 ? 'one' : 'two';
      const get = call(8 + jitter(i), name);
      get.children![0]!.config = name;
      return [route('GET /cart', 12 + jitter(i), [get])];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'process_died', service: 'stock' });
  });

  const died: Made = {
    service: 'stock',
    name: 'process.died',
    at: -12_000,
    ms: 12_000,
    error: 'oom_kill',
    attributes: { 'process.died.cause': 'hung', 'process.pid': 4711 },
  };

  it('is a process whose end was written down', async () => {
    const data = Buffer.concat([incident('one'), lines([traceOf(40_000, died)])]);
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'process_died',
      service: 'stock',
      text: expect.stringMatching(/^A process of stock ended: hung, pid 4711, after 12.0 s/),
      onset: { at: '2026-11-01T12:00:40.000Z', plusMinusMs: 0 },
    });
  });

  it('is not said to be a signal that nobody saw', async () => {
    const attributes = { 'process.died.cause': 'signal' };
    const endOf = async (error: string) => {
      const data = Buffer.concat([incident('one'), lines([traceOf(40_000, { ...died, attributes, error })])]);
      return (await answerTo(data)).causes[0]?.text;
    };
    expect(await endOf('signal')).toMatch(/^A process of stock ended: killed, or crashed in native code, after 12.0 s/);
    expect(await endOf('SIGKILL')).toMatch(/^A process of stock ended: signal, after 12.0 s/);
  });

  it('is memory_pressure if memory ran out', async () => {
    const attributes = {
      'process.died.cause': 'heap_limit',
      'process.died.growth': 'old_space of the heap grew by 90 MiB in 9 s',
    };
    const data = Buffer.concat([incident('one'), lines([traceOf(40_000, { ...died, attributes })])]);
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'memory_pressure',
      service: 'stock',
      resource: null,
      text: expect.stringMatching(
        /^Stock ran out of memory, and its process ended: heap_limit, after 12.0 s, old_space of the heap grew by 90 MiB in 9 s/,
      ),
      onset: { at: '2026-11-01T12:00:40.000Z', plusMinusMs: 0 },
    });
  });

  it('is not that there is no request where a process makes them as it starts', async () => {
    const server: Made = { service: 'shop', name: 'GET /warm', kind: 'SERVER', at: 2, ms: 5 };
    const client: Made = { service: 'shop', name: 'GET', kind: 'CLIENT', at: 1, ms: 7, children: [server] };
    const start: Made = { service: 'shop', name: 'start shop', at: 0, ms: 10, children: [client] };
    expect((await answerTo(lines([traceOf(0, start)]))).text).toBe('No trace in the input begins with a request.');
  });

  it('is said where no request met it, too', async () => {
    const data = minute((_, i) => [route('GET /cart', 12 + jitter(i), [call(8 + jitter(i), 'one')])]);
    expect(await answerTo(Buffer.concat([data, lines([traceOf(40_000, died)])]))).toMatchObject({
      verdict: 'unclear',
      doubts: ['a process of stock died at 12:00:40 (hung, pid 4711, after 12.0 s)'],
      causes: [],
    });
  });

  it('is a consumer whose messages waited for the next, even if their rush broke something else', async () => {
    const charge = (at: number, refused: boolean, instance: string): Made => ({
      service: 'mailer',
      instance,
      name: 'POST',
      kind: 'CLIENT',
      at,
      ms: 3,
      attributes: { 'server.address': 'payments' },
      ...(refused ? { error: '503' } : {}),
      children: [
        {
          service: 'payments',
          name: 'POST /charges',
          kind: 'SERVER',
          at: at + 1,
          ms: 1,
          ...(refused ? { error: '503' } : {}),
        },
      ],
    });
    const data = minute((second, i) => {
      if (!during(second)) {
        const instance = second < 45 ? 'one' : 'two';
        return [send([{ instance, children: [charge(7, false, instance)] }], `m${i}`)];
      }
      // Nobody is there until 45 s; what waited is handled slowly, because payments refuses the rush.
      const waitMs = Math.max(0, 45 - second) * 1_000 + (50 - second) * 400;
      const children = [charge(waitMs + 5, true, 'two'), charge(waitMs + 395, false, 'two')];
      return [send([{ instance: 'two', waitMs, ms: 400, children }], `m${i}`)];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'process_died',
      service: 'mailer',
      onset: { at: expect.stringMatching(/^2026-11-01T12:00:(?:39\.9|40\.0)/) },
    });
  });

  it('is not said of one that goes on', async () => {
    expect(await answerTo(incident('one'))).toMatchObject({
      causes: [{ kind: 'dependency_unreachable', service: 'stock' }],
    });
  });
});

/** A new process with a fingerprint of its own every ten seconds. */
function own(second: number): Partial<Made> {
  const name = String(Math.floor(second / 10));
  return { instance: name, config: name };
}

describe('config_change', () => {
  it('is a version that came just before, where it alone is slow', async () => {
    const data = minute((second, i) => {
      const isNew = second >= 40;
      return [
        route('GET /cart', (isNew ? 400 : 10) + jitter(i), [query('SELECT carts', 1, 3)], {
          instance: isNew ? 'b' : 'a',
          version: isNew ? '1.3.0' : '1.2.9',
        }),
      ];
    });
    expect(await answerTo(data)).toMatchObject({
      causes: [{ kind: 'config_change', service: 'shop', text: expect.stringContaining('version 1.2.9 → 1.3.0') }],
    });
  });

  it('is not said of a version that did its work as ever for a while', async () => {
    const data = minute((second, i) => [
      route('GET /cart', (during(second) ? 400 : 10) + jitter(i), [query('SELECT carts', 1, 3)], {
        version: second >= 20 ? '1.3.0' : '1.2.9',
      }),
    ]);
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'slow_dependency', service: 'shop' });
  });

  const restarted = (isNew: boolean, version = '1.2.9'): Partial<Made> => ({
    instance: isNew ? 'b' : 'a',
    version,
    config: isNew ? '1f00' : '0e11',
  });

  it.each([
    ['of the same version', '1.2.9', /same version, configuration 0e11 → 1f00/],
    ['of no known version', '', /^(?!.*same version).*configuration 0e11 → 1f00/],
  ])('is another configuration %s that came just before', async (_, version, text) => {
    const data = minute((second, i) => {
      const isNew = second >= 40;
      const of = restarted(isNew, version);
      if (!isNew) return [route('GET /cart', 10 + jitter(i), [{ ...query('SELECT carts', 1, 3), ...of }], of)];
      // A time-out that is too short now.
      const cut = { ...query('SELECT carts', 1, 2, { error: 'timeout' }), ...of };
      return [route('GET /cart', 5 + jitter(i), [cut], { ...of, error: '500' })];
    });
    expect(await answerTo(data)).toMatchObject({
      verdict: 'likely',
      causes: [
        {
          kind: 'config_change',
          service: 'shop',
          text: expect.stringMatching(text),
        },
      ],
    });
  });

  it.each([
    ['that went well before something else broke', (second: number) => restarted(second >= 20)],
    ['of each process of its own', (second: number) => ({ ...restarted(second >= 40), ...own(second) })],
  ])('is not said of a configuration %s', async (_, of) => {
    const data = minute((second, i) => {
      const made = of(second);
      const ms = during(second) ? 400 : 3;
      return [route('GET /cart', ms + 7 + jitter(i), [{ ...query('SELECT carts', 1, ms), ...made }], made)];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'slow_dependency', resource: 'postgresql shop' });
  });

  it('is a limit that was lowered', async () => {
    const data = minute((second, i) => {
      const [limit, waitMs] = second >= 40 ? [2, 300] : [20, 0];
      const pool = { 'db.client.connection.pool.name': 'db:5432/shop', 'pool.limit': limit };
      const wait: Made = {
        service: 'shop',
        name: 'pool.acquire shop',
        at: 1,
        ms: waitMs,
        attributes: { ...pool, 'pool.wait_ms': waitMs, 'pool.wait_reason': 'queue', 'pool.pending': 8 },
      };
      return [
        route('GET /cart', 14 + waitMs + jitter(i), [
          ...(waitMs > 0 ? [wait] : []),
          query('SELECT carts', 2 + waitMs, 3, { attributes: pool }),
        ]),
      ];
    });
    expect(await answerTo(data)).toMatchObject({
      causes: [
        { kind: 'config_change', resource: 'pool shop', text: expect.stringContaining('its limit went from 20 to 2') },
      ],
    });
  });
});

it('config_change takes over what failed while the service was started anew', async () => {
  const data = minute((second, i) => {
    if (second >= 38 && second < 41) {
      const call: Made = { service: 'web', name: 'GET', kind: 'CLIENT', at: 1, ms: 2, error: 'ECONNREFUSED' };
      return [
        {
          service: 'web',
          name: 'GET /page',
          kind: 'SERVER',
          at: 0,
          ms: 4,
          error: '502',
          children: [{ ...call, attributes: { 'server.address': 'shop', 'server.port': 80 } }],
        },
      ];
    }
    const isNew = second >= 41;
    const instance = isNew ? 'b' : 'a';
    const waitMs = isNew && second < 44 ? 300 : 0;
    const waits = waitMs > 0 ? [wait(1, waitMs, { instance, attributes: { 'pool.limit': 1, 'pool.pending': 8 } })] : [];
    const pool = { 'db.client.connection.pool.name': 'db:5432/shop', 'pool.limit': isNew ? 1 : 5 };
    const carts = { ...query('SELECT carts', 2 + waitMs, 3, { attributes: pool }), instance };
    const served = route('GET /cart', 14 + waitMs + jitter(i), [...waits, carts], { instance });
    const call: Made = { service: 'web', name: 'GET', kind: 'CLIENT', at: 1, ms: served.ms + 2, children: [served] };
    return [
      {
        service: 'web',
        name: 'GET /page',
        kind: 'SERVER',
        at: 0,
        ms: served.ms + 4,
        children: [{ ...call, attributes: { 'server.address': 'shop', 'server.port': 80 } }],
      },
    ];
  });
  expect(await answerTo(data)).toMatchObject({
    verdict: expect.stringMatching(/likely|shown/),
    causes: [
      {
        kind: 'config_change',
        resource: 'pool shop',
        text: expect.stringContaining('from 5 to 1, as it was started anew'),
      },
    ],
  });
});

it('config_change of a pool is seen beside another of the same label', async () => {
  const data = minute((second, i) => {
    const [limit, waitMs] = second >= 40 ? [1, 300] : [5, 0];
    const pool = { 'db.client.connection.pool.name': 'db:5432/shop' };
    const jobs = { attributes: { ...pool, 'pool.limit': 2 } };
    const own = { attributes: { ...pool, 'pool.limit': limit } };
    const waits = waitMs > 0 ? [wait(1, waitMs, { attributes: { 'pool.limit': limit, 'pool.pending': 8 } })] : [];
    const job: Made = {
      service: 'shop',
      name: 'job clean',
      at: 0,
      ms: 9,
      children: [query('SELECT jobs', 1, 3, jobs)],
    };
    return [
      route('GET /cart', 14 + waitMs + jitter(i), [...waits, query('SELECT carts', 2 + waitMs, 3, own)]),
      i % 3 === 0 ? job : undefined,
    ];
  });
  expect((await answerTo(data)).causes[0]).toMatchObject({
    kind: 'config_change',
    resource: 'pool shop',
    text: expect.stringContaining('its limit went from 5 to 1'),
    onset: { at: '2026-11-01T12:00:39.951Z' },
  });
});

it('connect_slow is also a connection that was made elsewhere', async () => {
  const data = minute((second, i) => {
    const ms = during(second) ? 500 : 0;
    const call: Made = {
      service: 'shop',
      name: 'GET',
      kind: 'CLIENT',
      at: 1,
      ms: 8 + ms,
      attributes: { 'server.address': 'stock', ...(ms > 0 ? { 'http.phase.proxy_ms': ms } : {}) },
      children: [{ service: 'stock', name: 'GET /stock', kind: 'SERVER', at: 3 + ms, ms: 4 }],
    };
    return [route('GET /cart', 12 + ms + jitter(i), [call])];
  });
  expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'connect_slow' });
});

describe('traffic_increase', () => {
  const cart = (waitMs: number, i: number): Made =>
    route('GET /cart', 14 + waitMs + jitter(i), [
      ...(waitMs > 0 ? [wait(1, waitMs)] : []),
      query('SELECT carts', 2 + waitMs, 3),
    ]);

  it('is three times as many requests for a pool that does all as ever', async () => {
    const data = minute((second, i) => (during(second) ? [cart(400, i), cart(450, i), cart(500, i)] : [cart(0, i)]));
    expect(await answerTo(data)).toMatchObject({
      causes: [
        { kind: 'traffic_increase', service: 'shop', text: expect.stringContaining('3.0 times as many requests') },
      ],
    });
  });

  it('is not said of a pool that is full for the same number', async () => {
    const data = minute((second, i) => [cart(during(second) ? 400 : 0, i)]);
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'pool_exhausted', resource: 'pool shop' });
  });

  it('is three times as many requests, though each holds a connection for long, as ever', async () => {
    const list = (waitMs: number, i: number): Made => {
      const held = {
        'pool.holder.trace_id': newId(32),
        'pool.holder.held_ms': 300,
        'pool.holder.operation': 'SELECT carts',
      };
      const waits = waitMs > 0 ? [wait(1, waitMs, { attributes: held })] : [];
      return route('GET /list', 314 + waitMs + jitter(i), [...waits, query('SELECT carts', 2 + waitMs, 300)]);
    };
    const data = minute((second, i) => (during(second) ? [list(400, i), list(450, i), list(500, i)] : [list(0, i)]));
    expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'traffic_increase', service: 'shop' });
  });

  it('is no cause where all is answered as ever', async () => {
    const data = minute((second, i) => (during(second) ? [cart(0, i), cart(0, i + 1), cart(0, i + 2)] : [cart(0, i)]));
    expect(await answerTo(data)).toMatchObject({ verdict: 'healthy' });
  });
});

it('a handful of errors among rare ones is no incident', async () => {
  // 3 % fail all the time, and once 8 of 40.
  const data = minute((second, i) => {
    const isBad = i % 33 === 0 || (second >= 46 && second < 50 && i % 5 === 0);
    return [route('GET /cart', 10 + jitter(i), [], isBad ? { error: '500' } : {})];
  });
  expect((await answerTo(data)).verdict).toBe('healthy');
});

it('what a span without `error.type` failed of is read from its exception', async () => {
  const refused: Made = {
    service: 'shop',
    name: 'GET',
    kind: 'CLIENT',
    at: 1,
    ms: 1,
    error: '',
    attributes: { 'server.address': 'stock' },
    events: { exception: { 'exception.type': 'Error', 'exception.message': 'connect ECONNREFUSED 10.0.0.7:80' } },
  };
  const data = minute((second, i) => [
    during(second) ? route('GET /cart', 4, [refused], { error: '500' }) : route('GET /cart', 10 + jitter(i), []),
  ]);
  expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'dependency_unreachable', resource: 'stock' });
});

describe('plain OpenTelemetry, which has no span for the wait for a connection', () => {
  const cart = (waitMs: number, queryMs: number, i: number): Made =>
    route('GET /cart', waitMs + queryMs + 14 + jitter(i), [query('SELECT carts', 2 + waitMs, queryMs)]);

  it('blames the database where it is slow, too', async () => {
    const data = minute((second, i) => [during(second) ? cart(900, 300, i) : cart(0, 3, i)]);
    expect(await answerTo(data)).toMatchObject({
      verdict: 'likely',
      causes: [{ kind: 'slow_dependency', service: 'shop', resource: 'postgresql shop' }],
    });
  });

  it('cannot tell a wait from work where nothing else is slow, and says so', async () => {
    const data = minute((second, i) => [cart(during(second) ? 900 : 0, 3, i)]);
    expect(await answerTo(data)).toMatchObject({
      verdict: 'unclear',
      doubts: [expect.stringContaining('waited for something that no span tells of')],
      causes: [{ service: 'shop' }],
    });
  });

  it('cannot tell what a request waited for that failed after 3 s', async () => {
    const data = minute((second, i) => [
      during(second) && i % 2 === 0 ? route('GET /cart', 3_000, [], { error: '500' }) : cart(0, 3, i),
    ]);
    expect(await answerTo(data)).toMatchObject({ verdict: 'unclear', causes: [{ service: 'shop' }] });
  });

  it('shows work as work: it does not lie before a query', async () => {
    const data = minute((second, i) => [
      route('GET /cart', (during(second) ? 900 : 10) + jitter(i), [query('SELECT carts', 2, 3)]),
    ]);
    expect(await answerTo(data)).toMatchObject({
      verdict: 'likely',
      causes: [{ kind: 'slow_dependency', service: 'shop', resource: null }],
    });
  });
});

it('a call that got no answer from an address of several services is one to that address', async () => {
  const call = (service: string | undefined): Made => ({
    service: 'shop',
    name: 'GET',
    kind: 'CLIENT',
    at: 1,
    ms: 6,
    attributes: { 'server.address': 'proxy', 'server.port': 80 },
    ...(service === undefined
      ? { error: 'ECONNREFUSED' }
      : { children: [{ service, name: `GET /${service}`, kind: 'SERVER' as const, at: 2, ms: 4 }] }),
  });
  const data = minute((second, i) => [
    during(second)
      ? route('GET /cart', 10, [call(undefined)], { error: '500' })
      : route('GET /cart', 10 + jitter(i), [call(i % 2 === 0 ? 'stock' : 'prices')]),
  ]);
  expect((await answerTo(data)).causes[0]).toMatchObject({
    kind: 'dependency_unreachable',
    service: 'shop',
    resource: 'proxy:80',
  });
});

it('dependency_cycle is callers that hold a connection and wait for a second one of the same pool', async () => {
  const traceOf = (i: number): string => (i + 1).toString(16).padStart(32, 'c');
  const data = minute((second, i) => {
    if (!during(second)) return [[route('POST /cart', 20 + jitter(i), [query('INSERT carts', 2, 5)]), traceOf(i)]];
    // The request of 1.5 s before got its connection after 1.12 s, and gives it back when its second wait is over.
    const holder = { 'pool.holder.trace_id': traceOf(i - 15), 'pool.holder.operation': 'BEGIN' };
    const pool = { 'db.client.connection.pool.name': 'db:5432/shop' };
    const first = wait(10, 1_110, { attributes: { ...holder, 'pool.holder.held_ms': 390 } });
    const again = wait(1_125, 1_500, {
      error: 'timeout',
      attributes: { ...holder, 'pool.holder.trace_id': traceOf(i - 11), 'pool.holder.held_ms': 1_105 },
    });
    const work = [first, query('BEGIN', 1_121, 3, { attributes: pool }), again, query('ROLLBACK', 2_626, 2)];
    return [[route('POST /cart', 2_630, work, { error: '500' }), traceOf(i)]];
  });
  expect((await answerTo(data)).causes[0]).toMatchObject({
    kind: 'dependency_cycle',
    service: 'shop',
    resource: 'pool shop',
  });
});

it('dependency_cycle is not said of callers that gave their connection back before they waited again', async () => {
  const traceOf = (i: number): string => (i + 1).toString(16).padStart(32, 'e');
  const pool = { attributes: { 'db.client.connection.pool.name': 'db:5432/shop' } };
  const data = minute((second, i) => {
    const queries = (at: number, again: number): Made[] => [
      query('SELECT carts', at, 90, pool),
      query('INSERT carts', again, 5, pool),
    ];
    if (!during(second)) return [[route('POST /cart', 120 + jitter(i), queries(2, 95)), traceOf(i)]];
    // Each asks while the one before reads: that one waits again as soon as it has read.
    const holder = { 'pool.holder.trace_id': traceOf(i - 1), 'pool.holder.operation': 'SELECT carts' };
    const first = wait(1, 800, { attributes: { ...holder, 'pool.holder.held_ms': 30 } });
    const again = wait(892, 800, { attributes: { ...holder, 'pool.holder.held_ms': 40 } });
    return [[route('POST /cart', 1_710, [first, again, ...queries(801, 1_693)]), traceOf(i)]];
  });
  expect((await answerTo(data)).causes[0]!.kind).not.toBe('dependency_cycle');
});

const holderOf = (i: number): string => (i + 1_000).toString(16).padStart(32, 'e');

it('more_calls fill a pool, and others wait for it', async () => {
  const data = minute((second, i) => {
    const [n, ms] = during(second) ? [60, 12] : [3, 2];
    const holder = {
      'pool.holder.trace_id': holderOf(i - 5),
      'pool.holder.held_ms': 12,
      'pool.holder.operation': 'POST /cart: SELECT stock',
    };
    // Every call waits, too.
    const waitMs = during(second) ? 2 * ms : 0;
    const calls = Array.from({ length: n }, (_, at) => {
      const from = 1 + at * (waitMs + ms);
      const call = query('SELECT stock', from + waitMs, ms);
      return waitMs > 0 ? [wait(from, waitMs, { attributes: holder }), call] : [call];
    });
    return [[route('POST /cart', n * (waitMs + ms) + 5 + jitter(i), calls.flat()), holderOf(i)]];
  });
  expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'more_calls', resource: 'postgresql shop' });
});

it('long_hold is what requests do that are slow themselves, however few wait for them', async () => {
  let holder = '';
  const data = minute((second, i) => {
    if (!during(second)) return [route('POST /orders', 12 + jitter(i), [query('SELECT stock', 1, 8)])];
    if (i % 3 === 0) {
      holder = newId(32);
      return [[route('POST /orders', 1_500 + jitter(i), [query('SELECT stock', 1, 8)]), holder]];
    }
    if (i % 10 !== 4) return [route('POST /orders', 12 + jitter(i), [query('SELECT stock', 1, 8)])];
    const attributes = {
      'pool.holder.trace_id': holder,
      'pool.holder.held_ms': 1_400,
      'pool.holder.operation': 'POST /orders',
    };
    return [route('POST /orders', 412 + jitter(i), [wait(1, 400, { attributes }), query('SELECT stock', 402, 8)])];
  });
  expect(await answerTo(data)).toMatchObject({
    causes: [{ kind: 'long_hold', service: 'shop', resource: 'pool shop', explains: 1 }],
  });
});

it('long_hold counts the pauses of its waiters, and of the rush after it', async () => {
  const holder = newId(32);
  const data = minute((second, i) => {
    const attributes = {
      'pool.holder.trace_id': holder,
      'pool.holder.held_ms': 9_900,
      'pool.holder.operation': 'GET /report: SELECT orders',
    };
    if (second === 40) return [[route('GET /report', 10_000, [query('SELECT orders', 1, 9_990)]), holder]];
    if (!during(second)) return [route('POST /orders', 12 + jitter(i), [query('INSERT orders', 1, 8)])];
    // Its machine is busy: six tenths of each wait, and much of what follows.
    const waitMs = (50 - second) * 400;
    const pause = { 'event_loop.blocked_ms': waitMs * 0.6 };
    return [
      route('POST /orders', waitMs + 412 + jitter(i), [
        wait(1, waitMs, { attributes: { ...attributes, ...pause } }),
        query('INSERT orders', 2 + waitMs, 408, { attributes: { 'event_loop.blocked_ms': 400 } }),
      ]),
    ];
  });
  const { causes } = await answerTo(data);
  expect(causes[0]).toMatchObject({ kind: 'long_hold', resource: 'pool shop', explains: expect.closeTo(1, 1) });
  expect(causes.map(({ kind }) => kind)).not.toContain('event_loop_blocked');
});

it('long_hold does not say that a holder did what a message of its request led to', async () => {
  const traceOf = (i: number): string => (i + 1).toString(16).padStart(32, 'd');
  const data = minute((second, i) => {
    const isBad = during(second);
    const holder = { 'pool.holder.trace_id': traceOf(i - 10), 'pool.holder.held_ms': 900 };
    const waits = isBad ? [wait(1, 900, { attributes: { ...holder, 'pool.holder.operation': 'SELECT carts' } })] : [];
    const at = isBad ? 905 : 5;
    const charge: Made = { service: 'mailer', name: 'process mails', kind: 'CONSUMER', at: at + 20, ms: 2_000 };
    const send: Made = { service: 'shop', name: 'send mails', kind: 'PRODUCER', at: at + 8, ms: 2, children: [charge] };
    return [[route('POST /cart', at + (isBad ? 930 : 15), [...waits, query('SELECT carts', at, 5), send]), traceOf(i)]];
  });
  const { causes } = await answerTo(data);
  expect(causes.find(({ kind }) => kind === 'long_hold')?.text).toContain('while it worked');
});

it('more_calls are not a slow database where so many calls slow each other down', async () => {
  const data = minute((second, i) => {
    const [n, ms] = during(second) ? [60, 12] : [3, 2];
    const queries = Array.from({ length: n }, (_, at) => query('SELECT stock', 1 + at * ms, ms));
    return [route('POST /cart', n * ms + 5 + jitter(i), queries)];
  });
  expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'more_calls', resource: 'postgresql shop' });
});

it('a name that is to say more changes no name that was given before, and says it once', async () => {
  const data = minute((second, i) => [
    route('GET /cart', (during(second) ? 400 : 10) + jitter(i), [
      query('SELECT carts', 1, (during(second) ? 390 : 3) + jitter(i)),
    ]),
  ]);
  const { table } = await readSources(['-'], Readable.from([data]));
  const { known, ranked } = analyse(table, {});
  const before = nameCause(known, ranked[0]!);
  const { detail } = before;
  for (const _ of [1, 2]) nameWith(known, ranked[0]!, ', and more');
  expect([before.detail, nameCause(known, ranked[0]!).detail]).toEqual([detail, `${detail}, and more`]);
});

it.each([
  ['dns', 'dns_slow'],
  ['tls', 'tls_slow'],
  ['login', 'connect_slow'],
])(
  'a new connection’s %s makes %s, on a query, a wait for a pool, or a request that asked for it',
  async (phase, kind) => {
    const phases = (ms: number): Record<string, number> => ({ 'db.phase.connect_ms': 1, [`db.phase.${phase}_ms`]: ms });
    const opened = { 'db.system.name': 'postgresql', 'db.namespace': 'shop' };
    const forms: ((ms: number) => Made)[] = [
      (ms) => route('GET /query', ms + 8, [query('SELECT products', 2, ms + 3, { attributes: phases(ms) })]),
      (ms) => route('GET /asked', ms + 8, [], { events: { 'connection.opened': { ...opened, ...phases(ms) } } }),
      (ms) =>
        route('GET /pool', ms + 8, [
          wait(1, ms + 2, { attributes: { 'pool.wait_reason': 'connect', ...phases(ms) } }),
          query('SELECT products', ms + 4, 2),
        ]),
    ];
    for (const form of forms) {
      const data = minute((second, i) => [form((during(second) ? 1_500 : 2) + jitter(i))]);
      expect((await answerTo(data)).causes[0]).toMatchObject({ kind, service: 'shop' });
    }
  },
);

describe('a new version', () => {
  const stock = (version: string, instance: string, children: Made[] = []): Made => ({
    service: 'stock',
    instance,
    version,
    name: 'GET /stock',
    kind: 'SERVER',
    at: 1.5,
    ms: 6 + children.reduce((sum, { ms }) => sum + ms, 0),
    children,
  });
  const call = (ms: number, children: Made[], error?: string): Made => ({
    service: 'shop',
    name: 'GET',
    kind: 'CLIENT',
    at: 1,
    ms,
    attributes: { 'server.address': 'stock', 'server.port': 80 },
    ...(error ? { error } : { children }),
  });
  const refused = route('GET /cart', 4, [call(2, [], 'ECONNREFUSED')], { error: '502' });

  it('that callers do not reach as it starts is said', async () => {
    const data = minute((second, i) => {
      if (second >= 40 && second < 43) return [refused];
      return [route('GET /cart', 12 + jitter(i), [call(9, [second < 40 ? stock('1.0', 'a') : stock('1.1', 'b')])])];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'dependency_unreachable',
      service: 'stock',
      text: expect.stringMatching(/^Calls did not reach stock \(ECONNREFUSED\) while version 1\.0 gave way to 1\.1:/),
    });
  });

  it('that runs out of memory soon is memory_pressure', async () => {
    const died: Made = {
      service: 'stock',
      instance: 'b',
      version: '1.1',
      name: 'process.died',
      at: 0,
      ms: 3_000,
      error: 'heap_limit',
      attributes: { 'process.died.cause': 'heap_limit', 'process.pid': 7 },
    };
    const data = minute((second, i) => {
      // Restarted at 40 s, dead at 45 s, there again at 49 s.
      const isAway = (second >= 40 && second < 42) || (second >= 45 && second < 49);
      if (isAway) return [refused, second === 42 ? died : undefined];
      const process = second < 40 ? stock('1.0', 'a') : stock('1.1', second < 45 ? 'b' : 'c');
      return [route('GET /cart', 12 + jitter(i), [call(9, [process])]), second === 42 ? died : undefined];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'memory_pressure',
      service: 'stock',
      text: expect.stringContaining('heap_limit'),
    });
  });

  it('that makes many more calls, which keep it busy, is more_calls', async () => {
    const one = (at: number, ms: number): Made => ({ ...query('SELECT stock', at, ms), service: 'stock' });
    const data = minute((second, i) => {
      const isMany = during(second);
      const queries = Array.from({ length: isMany ? 40 : 1 }, (_, n) => ({
        ...one(2 + n * 6, 4 + jitter(i + n)),
        ...(isMany ? { attributes: { ...one(0, 0).attributes, 'event_loop.blocked_ms': 3 } } : {}),
      }));
      const ms = queries.at(-1)!.at + 14;
      const busy = isMany ? { 'event_loop.blocked_ms': ms - 60 } : {};
      return [route('GET /cart', ms + 6, [call(ms + 3, [{ ...stock('1.0', 'a', queries), ms, attributes: busy }])])];
    });
    expect((await answerTo(data)).causes[0]).toMatchObject({
      kind: 'more_calls',
      service: 'stock',
      text: expect.stringContaining('a request (`SELECT stock`), 1 → 40:'),
    });
  });
});

it('a wait for a pool that its process did not see the end of is a wait', async () => {
  const data = minute((second, i) => {
    const isLast = during(second);
    const cut = { 'pool.wait_reason': '', 'foreshock.interrupted': true };
    const { 'pool.wait_ms': _, ...attributes } = wait(1, 3_000, { attributes: cut }).attributes!;
    const waits = isLast ? { ...wait(1, 3_000), attributes } : wait(1, 1 + jitter(i));
    return [route('GET /list', waits.ms + 8, [waits, query('SELECT products', waits.ms + 3, 3)])];
  });
  expect((await answerTo(data)).causes[0]).toMatchObject({ kind: 'pool_exhausted', resource: 'pool shop' });
});
