// What opening a connection took, on what waited for it.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  only,
  recordSpans,
  spansNamed,
  startMariaDb,
  startPostgres,
  type MariaDb,
  type Postgres,
} from '@foreshock/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { poolsWithQueries } from './with-queries.ts';

const recorded = recordSpans(poolsWithQueries());
// The class that opens sockets is replaced as it loads.
const { default: mysql } = await import('mysql2/promise');
const pem = (name: string): Buffer =>
  readFileSync(new URL(`../../export/test/fixtures/tls/${name}.pem`, import.meta.url));
let postgres: Postgres;
let mariadb: MariaDb;

beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

const phasesOf = (attributes: Record<string, unknown>): string[] =>
  Object.keys(attributes)
    .filter((key) => key.startsWith('db.phase.'))
    .toSorted()
    .map((key) => (expect(attributes[key]).toBeGreaterThan(0), key.slice('db.phase.'.length)));
const ALL = ['connect_ms', 'dns_ms', 'login_ms'];
const named = (url: string): string => url.replace('127.0.0.1', 'localhost');
const events = (name: string) =>
  only(spansNamed(recorded, name)).events.map((event) => [
    event.name,
    phasesOf(event.attributes),
    event.attributes['server.address'],
  ]);

/** A server that changes to TLS when it is asked, as PostgreSQL does. */
async function secured(port: number): Promise<number> {
  const server = createServer((plain) => {
    plain.once('data', () => {
      plain.write('S');
      const secure = new TLSSocket(plain, { isServer: true, key: pem('server-key'), cert: pem('server') });
      const behind = connect(port, '127.0.0.1');
      for (const each of [secure, behind]) each.on('error', () => {});
      secure.pipe(behind).pipe(secure);
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('pg', () => {
  it('a query that waits for its client has the phases', async () => {
    const client = new pg.Client(named(postgres.url));
    void client.connect();
    await recorded.inSpan('request', () => client.query('SELECT 1'));
    await recorded.inSpan('later', () => client.query('SELECT 1'));
    await client.end();
    const [first, second] = spansNamed(recorded, 'SELECT');
    expect(phasesOf(first!.attributes)).toEqual(ALL);
    expect(phasesOf(second!.attributes)).toEqual([]);
    expect(events('request')).toEqual([]);
  });

  it('a request that connects has them as an event, TLS too', async () => {
    const url = new URL(postgres.url);
    const client = new pg.Client({
      host: 'localhost',
      port: await secured(Number(url.port)),
      user: url.username,
      password: decodeURIComponent(url.password),
      database: url.pathname.slice(1),
      ssl: { rejectUnauthorized: false },
    });
    await recorded.inSpan('request', () => client.connect());
    await client.end();
    expect(events('request')).toEqual([['connection.opened', [...ALL, 'tls_ms'], 'localhost']]);
  });

  it('a wait for a pool has them, the request nothing', async () => {
    const pool = new pg.Pool({ connectionString: named(postgres.url), max: 1 });
    await recorded.inSpan('request', () => pool.query('SELECT 1'));
    await pool.end();
    const wait = recorded.spans().find(({ name }) => name.startsWith('pool.acquire'));
    expect(phasesOf(wait!.attributes)).toEqual(ALL);
    expect(phasesOf(only(spansNamed(recorded, 'SELECT')).attributes)).toEqual([]);
    expect(events('request')).toEqual([]);
  });
});

describe('mysql2', () => {
  it('a request that connects has an event, a query that waits the phases, also a pool’s wait', async () => {
    const uri = named(mariadb.url);
    const connection = await recorded.inSpan('request', () => mysql.createConnection(uri));
    await connection.end();
    expect(events('request')).toEqual([['connection.opened', ALL, 'localhost']]);
    recorded.clear();
    const waiting = (await import('mysql2')).default.createConnection(uri);
    await recorded.inSpan('waits', () => new Promise((done) => waiting.query('SELECT 1', done)));
    waiting.destroy();
    expect(phasesOf(only(spansNamed(recorded, 'SELECT')).attributes)).toEqual(ALL);
    expect(events('waits')).toEqual([]);
    const pool = mysql.createPool({ uri, connectionLimit: 1 });
    await recorded.inSpan('pooled', () => pool.query('SELECT 1'));
    await pool.end();
    const wait = recorded.spans().find(({ name }) => name.startsWith('pool.acquire'));
    expect(phasesOf(wait!.attributes)).toEqual(ALL);
    expect(events('pooled')).toEqual([]);
  });
});
