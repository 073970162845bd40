// The faults that can be played: what foreshock/chaos does in which service, and what an answer should say of it.
// `kind` is one of those of `foreshock explain`; `resource` null: the service itself. `also` names what is as right, such
// as the other end of a slow connection.

import { connect } from 'node:net';
import pg from 'pg';

const CHECKOUT = [
  { service: 'gateway', route: 'POST /checkout' },
  { service: 'orders', route: 'POST /orders' },
];
const PAYING = [{ service: 'worker', route: 'process payments' }];
const POOL = { service: 'orders', resource: 'pool orders' };
/** The way from gateway to orders is slow, before a request is sent. */
const REACHING_ORDERS = {
  service: 'gateway',
  resource: null,
  also: [
    { service: 'gateway', resource: 'orders' },
    { service: 'orders', resource: null },
  ],
  affected: CHECKOUT.slice(0, 1),
};

/**
 * @typedef {object} Fault
 * @property {string} what in a few words
 * @property {string | null} kind null: nothing is wrong
 * @property {string} [service]
 * @property {string | null} [resource]
 * @property {{ service: string, resource: string | null }[]} [also]
 * @property {{ service: string, route: string }[]} affected
 * @property {string[]} [servers] that it needs beside Postgres
 * @property {Record<string, NodeJS.ProcessEnv | ((given: NodeJS.ProcessEnv, rate: number) => NodeJS.ProcessEnv)>} [env] by
 *   service; `rate` in checkouts a second
 * @property {(at: Record<string, string>) => Record<string, object[]>} [plan] by service, from the addresses of all
 * @property {Record<string, { signal?: string, afterMs: number, env?: NodeJS.ProcessEnv }>} [restarts] by service; without a
 *   signal once it has ended by itself
 * @property {Record<string, number>} [memory] by service, what it may take, MiB; where the machine does not allow to limit
 *   it, nothing is done
 * @property {boolean} [spool] whether the next process tells of one that was killed
 * @property {(at: Record<string, string>) => { everyMs?: number, run: () => void, end?: () => void }} [during] done once or
 *   again and again, and at the end
 * @property {Record<string, { signal: NodeJS.Signals, everyMs: number }>} [signals] sent to a service again and again
 * @property {boolean} [races] whether `foreshock races` tells it, since nothing becomes slow or fails
 * @property {number} [load] of the usual rate, from when the fault would begin
 */

/** @type {Record<string, Fault>} */
export const FAULTS = {
  'slow-query': {
    what: 'the price list takes 600 to 900 ms to be read',
    kind: 'slow_dependency',
    service: 'orders',
    resource: 'postgresql orders',
    affected: CHECKOUT,
    plan: () => ({
      orders: [{ fault: 'delay', on: 'database', match: 'FROM products', ms: 600, jitterMs: 300 }],
    }),
  },
  'pool-leak': {
    what: 'one connection of eight is never given back to the pool of orders',
    kind: 'connection_leak',
    ...POOL,
    affected: CHECKOUT,
    env: { orders: { POOL_TIMEOUT_MS: '3000' } },
    plan: () => ({ orders: [{ fault: 'leak', target: 'api', share: 0.12 }] }),
  },
  'long-hold': {
    what: 'one connection of five is kept for 3 s after its query',
    kind: 'long_hold',
    ...POOL,
    affected: CHECKOUT,
    plan: () => ({ orders: [{ fault: 'hold', target: 'api', ms: 3_000, share: 0.2 }] }),
  },
  'dependency-down': {
    what: 'payments refuses every connection of worker',
    kind: 'dependency_unreachable',
    service: 'payments',
    resource: null,
    also: [{ service: 'worker', resource: 'payments' }],
    affected: PAYING,
    plan: ({ payments }) => ({ worker: [{ fault: 'refuse', on: 'http', target: hostOf(payments) }] }),
  },
  'dependency-black-hole': {
    what: 'payments answers nothing at all',
    kind: 'dependency_unreachable',
    service: 'payments',
    resource: null,
    also: [{ service: 'worker', resource: 'payments' }],
    affected: PAYING,
    plan: ({ payments }) => ({ worker: [{ fault: 'black-hole', on: 'http', target: hostOf(payments) }] }),
  },
  'dependency-errors': {
    what: 'seven of ten charges are answered with 500',
    kind: 'dependency_errors',
    service: 'payments',
    resource: null,
    also: [{ service: 'worker', resource: 'payments' }],
    affected: PAYING,
    plan: ({ payments }) => ({
      worker: [{ fault: 'fail', on: 'http', target: hostOf(payments), status: 500, share: 0.7 }],
    }),
  },
  'dns-slow': {
    what: 'the name of orders takes 700 ms to be looked up',
    kind: 'dns_slow',
    ...REACHING_ORDERS,
    env: {
      orders: { KEEP_ALIVE_MS: '1' },
      gateway: ({ ORDERS_URL }) => ({ ORDERS_URL: ORDERS_URL.replace('127.0.0.1', 'localhost') }),
    },
    plan: () => ({ gateway: [{ fault: 'delay', on: 'dns', target: 'localhost', ms: 700 }] }),
  },
  'network-slow': {
    what: 'whatever gateway sends to orders takes 400 ms more',
    kind: 'network_slow',
    service: 'orders',
    resource: null,
    also: [
      { service: 'gateway', resource: 'orders' },
      { service: 'gateway', resource: null },
    ],
    affected: CHECKOUT.slice(0, 1),
    plan: ({ orders }) => ({ gateway: [{ fault: 'delay', on: 'http', target: hostOf(orders), ms: 400 }] }),
  },
  'cache-down': {
    what: 'Redis refuses every connection of orders',
    kind: 'cache_down',
    service: 'orders',
    resource: 'redis',
    affected: CHECKOUT,
    servers: ['redis'],
    plan: ({ redis }) => ({ orders: [{ fault: 'refuse', on: 'cache', target: hostOf(redis) }] }),
  },
  'retry-storm': {
    what: 'payments fails now and then, and worker tries again at once, up to twelve times',
    kind: 'retry_storm',
    service: 'worker',
    resource: null,
    also: [
      { service: 'worker', resource: 'payments' },
      { service: 'payments', resource: null },
    ],
    affected: PAYING,
    env: { worker: { RETRIES: '12', RETRY_MS: '20' } },
    plan: ({ payments }) => ({
      worker: [{ fault: 'fail', on: 'http', target: hostOf(payments), status: 503, share: 0.6 }],
    }),
  },
  'loop-blocked': {
    what: 'the event loop of orders stands still for 600 ms of every second',
    kind: 'event_loop_blocked',
    service: 'orders',
    resource: null,
    affected: CHECKOUT,
    plan: () => ({ orders: [{ fault: 'block', ms: 600, everyMs: 1_000 }] }),
  },
  'slow-consumer': {
    what: 'worker takes 3 s more for each payment: jobs wait',
    kind: 'slow_consumer',
    service: 'worker',
    resource: 'queue payments',
    also: [{ service: 'worker', resource: null }],
    affected: PAYING,
    plan: () => ({ worker: [{ fault: 'delay', on: 'consumer', target: 'payments', ms: 3_000 }] }),
  },
  'connect-slow': {
    what: 'connections of gateway to orders take 500 ms to open, and are not kept',
    kind: 'connect_slow',
    ...REACHING_ORDERS,
    env: { orders: { KEEP_ALIVE_MS: '1' } },
    plan: ({ orders }) => ({ gateway: [{ fault: 'slow-connect', on: 'http', target: hostOf(orders), ms: 500 }] }),
  },
  'lock-wait': {
    what: 'stocktaking locks the products for 1.5 s, every two seconds',
    kind: 'lock_wait',
    service: 'orders',
    resource: 'postgresql orders',
    affected: CHECKOUT,
    // So many connections that nobody waits for one.
    env: { orders: { POOL_MAX: '40' } },
    during: ({ orders }) => ({ everyMs: 2_000, run: () => call(`${orders}/stocktaking`) }),
  },
  'poison-message': {
    what: 'one payment of ten fails whenever it is tried',
    kind: 'poison_message',
    service: 'worker',
    resource: 'queue payments',
    affected: PAYING,
    env: { orders: { JOB_RETRIES: '10' } },
    plan: () => ({ worker: [{ fault: 'fail', on: 'consumer', target: 'payments', match: '5}' }] }),
  },
  'process-died': {
    what: 'worker is killed, and starts again after four seconds',
    kind: 'process_died',
    service: 'worker',
    resource: null,
    affected: PAYING,
    restarts: { worker: { signal: 'SIGKILL', afterMs: 4_000 } },
  },
  oom: {
    what: 'orders fills its memory until it is killed, and starts again after two seconds',
    kind: 'memory_pressure',
    service: 'orders',
    resource: null,
    affected: CHECKOUT,
    // Without a control group V8 ends it.
    memory: { orders: 200 },
    env: { orders: { NODE_OPTIONS: '--max-old-space-size=200' } },
    spool: true,
    plan: () => ({ orders: [{ fault: 'memory', megabytes: 400 }] }),
    restarts: { orders: { afterMs: 2_000, env: { FORESHOCK_CHAOS: undefined } } },
  },
  'config-change': {
    what: 'orders is started anew with a pool of one connection',
    kind: 'config_change',
    ...POOL,
    affected: CHECKOUT,
    env: { orders: slowPrices },
    restarts: { orders: { signal: 'SIGTERM', afterMs: 0, env: { POOL_MAX: '1' } } },
  },
  'traffic-increase': {
    what: 'three times as many customers come, more than the pool of orders is made for',
    kind: 'traffic_increase',
    service: 'gateway',
    resource: null,
    also: [POOL],
    affected: CHECKOUT,
    env: { orders: slowPrices },
    load: 3,
  },
  'cache-stampede': {
    what: 'the price list is deleted from Redis again and again',
    kind: 'cache_stampede',
    service: 'orders',
    resource: 'redis',
    affected: CHECKOUT,
    servers: ['redis'],
    env: { orders: { PRICES_MS: '300', PRICES_FRESH_S: '600' } },
    during: ({ redis }) => ({ everyMs: 50, run: () => forget(redis, 'prices:all') }),
  },
  'silent-loss': {
    what: 'every third order costs nothing, for which worker writes an error to its log and goes on',
    kind: 'silent_loss',
    service: 'worker',
    resource: 'queue payments',
    affected: PAYING,
    during: ({ postgres }) => ({
      run: () => sql(postgres, `UPDATE products SET cents = 0 WHERE sku = 'tea'`),
      end: () => sql(postgres, `UPDATE products SET cents = 450 WHERE sku = 'tea'`),
    }),
  },
  'more-calls': {
    what: 'two hundred products are added, and orders makes a query for each of them',
    kind: 'more_calls',
    service: 'orders',
    resource: 'postgresql orders',
    affected: CHECKOUT,
    env: { orders: { STOCK: 'each', POOL_MAX: '20' } },
    during: ({ postgres }) => ({
      run: () => sql(postgres, `INSERT INTO products SELECT 'mug ' || n, 800 FROM generate_series(1, 200) AS n`),
      end: () => sql(postgres, `DELETE FROM products WHERE sku LIKE 'mug %'`),
    }),
  },
  'breaker-open': {
    what: 'somebody opens the breaker of worker by hand',
    kind: 'breaker_open',
    service: 'worker',
    resource: 'breaker payments',
    affected: PAYING,
    signals: { worker: { signal: 'SIGUSR2', everyMs: 500 } },
  },
  'dependency-cycle': {
    what: 'checkouts that hold a connection wait for a second one, and twelve of them come at once',
    kind: 'dependency_cycle',
    ...POOL,
    affected: CHECKOUT,
    env: { orders: { IN_TRANSACTION: 'all', POOL_TIMEOUT_MS: '1500' } },
    during: ({ orders }) => ({
      everyMs: 2_500,
      run: () => {
        for (let i = 0; i < 12; i++) call(`${orders}/orders`, { sku: 'tea' });
      },
    }),
  },
  'queue-backlog': {
    what: 'renewals put 150 payments into the queue at once',
    kind: 'queue_backlog',
    service: 'worker',
    resource: 'queue payments',
    affected: PAYING,
    during: ({ orders }) => ({ run: () => call(`${orders}/renewals`, { count: 150, cents: 900 }) }),
  },
  race: {
    what: 'orders reads how many are left, and writes one less: two at a time sell one twice',
    kind: null,
    affected: [],
    env: { orders: { UNITS: 'read and write', FORESHOCK_KEY_HASH: 'of the demo' } },
    races: true,
  },
  'load-step': {
    what: 'nothing is wrong: half as many customers more',
    kind: null,
    affected: [],
    load: 1.5,
  },
};

/** The price list keeps two of the five connections busy. */
function slowPrices(_given, rate) {
  return { PRICES_MS: String(Math.round(2_000 / rate)) };
}

function call(url, body) {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  fetch(url, { method: 'POST', ...json }).then(
    (answer) => answer.arrayBuffer(),
    () => {},
  );
}

async function sql(connectionString, statement) {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
    await client.query(statement);
  } catch (error) {
    console.error(`not injected: ${error.message}`);
  }
  await client.end();
}

/** Deletes a key of a Redis. */
function forget(redis, key) {
  const { hostname, port } = new URL(redis);
  const socket = connect(Number(port || 6379), hostname, () => socket.end(`DEL ${key}\r\nQUIT\r\n`));
  socket.on('error', () => {}).resume();
}

function hostOf(url) {
  return new URL(url).host;
}
