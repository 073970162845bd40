import { createRequire } from 'node:module';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { activeSpanId, crowd, only, recordSpans, spansNamed, startTdsServer, type TdsServer } from '@foreshock/testkit';
import knex from 'knex';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

// The server is in this process, over `node:sqlite`.
const libraries = (library: string): boolean => library !== 'node:sqlite';
const recorded = recordSpans([dbInstrumentation({ libraries }), poolInstrumentation()]);
// Loaded after the hooks; mssql has no types of its own.
const load = createRequire(import.meta.url);
const { Connection, Request, TYPES }: typeof import('tedious') = load('tedious');
const mssql = load('mssql');
let server: TdsServer;
let connection: InstanceType<typeof Connection>;

beforeAll(async () => {
  server = await startTdsServer();
  connection = await opened();
  await run('CREATE TABLE users (id INTEGER, email NVARCHAR(50) PRIMARY KEY)');
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  connection.close();
  await server.stop();
});

function unopened(options: object = {}): InstanceType<typeof Connection> {
  return new Connection({
    server: server.host,
    authentication: { type: 'default', options: { userName: 'test', password: 'test' } },
    options: { port: server.port, database: server.database, encrypt: false, ...options },
  } as never);
}

function opened(options?: object): Promise<InstanceType<typeof Connection>> {
  const made = unopened(options);
  return new Promise((resolve, reject) => made.connect((error) => (error ? reject(error) : resolve(made))));
}

function run(
  text: string,
  how: 'execSql' | 'execSqlBatch' | 'callProcedure' = 'execSql',
  on = connection,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const rows: unknown[] = [];
    const request = new Request(text, (error) => (error ? reject(error) : resolve(rows)));
    request.on('row', (row) => rows.push(row));
    on[how](request);
  });
}

it('a query is one CLIENT span below its caller, who goes on in it by callback and event', async () => {
  await run("INSERT INTO users VALUES (1, 'alice')");
  recorded.clear();
  const seen: (string | undefined)[] = [];
  const caller = await recorded.inSpan('request', async (span) => {
    await new Promise<void>((done) => {
      const see = (): void => void seen.push(activeSpanId());
      const request = new Request('SELECT email FROM users WHERE email = @email AND id < 4711', () => {
        see();
        done();
      });
      for (const event of ['columnMetadata', 'row', 'requestCompleted'] as const) request.on(event as 'row', see);
      request.addParameter('email', TYPES.NVarChar, 'alice');
      connection.execSql(request);
    });
    return span.spanContext();
  });
  await Promise.resolve();
  expect(seen).toEqual(Array.from({ length: 4 }, () => caller.spanId));
  const query = only(spansNamed(recorded, 'SELECT users'));
  expect(query).toMatchObject({
    kind: 'CLIENT',
    traceId: caller.traceId,
    parentSpanId: caller.spanId,
    status: { code: 'UNSET' },
    attributes: {
      'db.system.name': 'microsoft.sql_server',
      'db.namespace': server.database,
      'server.address': server.host,
      'server.port': server.port,
      'db.query.text': 'SELECT email FROM users WHERE email = @email AND id < ?',
      'db.query.summary': 'SELECT users',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'users',
      'db.response.returned_rows': 1,
    },
  });
  expect(JSON.stringify(query)).not.toMatch(/alice|4711/);
});

it('batches, procedures, prepared statements and transactions have a span for each request', async () => {
  await run('SELECT 1 AS one', 'execSqlBatch');
  await expect(run('GetOrders', 'callProcedure')).rejects.toMatchObject({ number: 2812 });
  const request = new Request('SELECT @id AS id', () => {});
  request.addParameter('id', TYPES.Int);
  await new Promise<void>((done) => {
    request.on('prepared', () => done());
    connection.prepare(request);
  });
  for (const id of [1, 2]) {
    await new Promise<void>((done) => {
      request.once('requestCompleted', () => done());
      connection.execute(request, { id });
    });
  }
  await new Promise<void>((done) => {
    request.once('requestCompleted', () => done());
    connection.unprepare(request);
  });
  for (const method of ['beginTransaction', 'commitTransaction', 'beginTransaction', 'rollbackTransaction'] as const) {
    await new Promise<void>((done) => connection[method](() => done()));
  }
  await new Promise<void>((done) => connection.reset(() => done()));
  expect(recorded.spans().map(({ name, attributes }) => [name, attributes['error.type']])).toEqual([
    ['SELECT', undefined],
    ['EXECUTE GetOrders', '2812'],
    ['SELECT', undefined],
    ['SELECT', undefined],
    ['SELECT', undefined],
    ['BEGIN', undefined],
    ['COMMIT', undefined],
    ['BEGIN', undefined],
    ['ROLLBACK', undefined],
  ]);
});

it('what a listener of `connect` asks for is below who asked to connect', async () => {
  const caller = await recorded.inSpan('request', async (span) => {
    const made = unopened();
    await new Promise<void>((done) => {
      made.on('connect', () => made.execSql(new Request('SELECT 1', () => done())));
      made.connect();
    });
    made.close();
    return span.spanContext();
  });
  expect(only(spansNamed(recorded, 'SELECT')).parentSpanId).toBe(caller.spanId);
});

it('a rollback to a savepoint ends no transaction', async () => {
  for (const [method, name] of [
    ['beginTransaction', 'outer'],
    ['saveTransaction', 'inner'],
    ['rollbackTransaction', 'inner'],
    ['rollbackTransaction', 'outer'],
  ] as const) {
    await new Promise<void>((done) => connection[method](() => done(), name));
  }
  expect(recorded.spans().map(({ name, attributes }) => [name, 'db.transaction.ms' in attributes])).toEqual([
    ['BEGIN', false],
    ['SAVE', false],
    ['ROLLBACK TO', false],
    ['ROLLBACK', true],
  ]);
});

it('a bulk load is one query, also one that the server refuses', async () => {
  const error = await new Promise((done) => {
    const load = connection.newBulkLoad('users', done as never);
    load.addColumn('id', TYPES.Int, { nullable: false });
    connection.execBulkLoad(load, [[1], [2]]);
  });
  expect(error).toMatchObject({ number: 102 });
  expect(only(recorded.spans())).toMatchObject({
    attributes: { 'error.type': '102', 'db.query.text': 'insert bulk users([id] int)' },
  });
});

it('a failure has the number of SQL Server, and no value', async () => {
  await run("INSERT INTO users VALUES (2, 'bob')");
  recorded.clear();
  await expect(run("INSERT INTO users VALUES (2, 'bob')")).rejects.toMatchObject({ number: 2627 });
  await expect(run("THROW 50001, 'rosebud is taken', 1")).rejects.toMatchObject({ number: 50_001 });
  const [taken, thrown] = recorded.spans();
  expect(taken).toMatchObject({
    name: 'INSERT users',
    status: { code: 'ERROR', message: 'Violation of PRIMARY KEY constraint' },
    attributes: { 'error.type': '2627', 'db.response.status_code': '2627' },
  });
  expect(thrown!.attributes['error.type']).toBe('50001');
  expect(JSON.stringify(recorded.spans())).not.toMatch(/bob|rosebud/);
});

it('a request that is cancelled, or not answered in time, is a failed one', async () => {
  const impatient = await opened({ requestTimeout: 30 });
  await expect(run("WAITFOR DELAY '00:00:50'", 'execSql', impatient)).rejects.toMatchObject({ code: 'ETIMEOUT' });
  const cancelled = run("WAITFOR DELAY '00:00:50'", 'execSql', impatient);
  impatient.cancel();
  await expect(cancelled).rejects.toMatchObject({ code: 'ECANCEL' });
  const first = run('SELECT 1');
  await expect(run('SELECT 2')).rejects.toMatchObject({ code: 'EINVALIDSTATE' });
  await first;
  impatient.close();
  const failed = recorded.spans().filter(({ status }) => status.code === 'ERROR');
  expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual(['ETIMEOUT', 'ECANCEL', 'EINVALIDSTATE']);
});

it('a name in double quotes is shown, a string in them is not', async () => {
  await run('SELECT "email", [id] FROM "users"');
  const old = await opened({ enableQuotedIdentifier: false });
  await run('SELECT "rosebud" AS [name]', 'execSql', old);
  old.close();
  await run('SET ANSI_NULLS, QUOTED_IDENTIFIER OFF', 'execSqlBatch');
  await run('SELECT "rosebud" AS [name]');
  expect(recorded.spans().map(({ attributes }) => attributes['db.query.text'])).toEqual([
    'SELECT "email", [id] FROM "users"',
    'SELECT ? AS [name]',
    'SET ANSI_NULLS, QUOTED_IDENTIFIER OFF',
    'SELECT ? AS [name]',
  ]);
});

it('mssql has a wait and a query for each of 20 callers over 2 connections', async () => {
  const { host, port, database } = server;
  const pool = await new mssql.ConnectionPool({
    server: host,
    port,
    database,
    user: 'test',
    password: 'test',
    options: { encrypt: false },
    pool: { min: 0, max: 2 },
  }).connect();
  const own = await crowd(recorded, 20, (i) => pool.request().input('i', mssql.Int, i).query('SELECT @i AS i'));
  for (const spans of own) {
    expect(spans.map(({ name }) => name).filter((name) => name === 'SELECT')).toHaveLength(1);
    expect(spans.length).toBeLessThanOrEqual(2);
  }
  // All but those for whom a connection was idle: that of `connect`.
  expect(own.flat().filter(({ name }) => name === `pool.acquire ${database}`).length).toBeGreaterThanOrEqual(18);
  await pool.close();
});

it('knex has one span a query', async () => {
  const { host, port, database } = server;
  const db = knex({
    client: 'mssql',
    connection: { host, port, user: 'test', password: 'test', database, options: { encrypt: false } } as never,
    pool: { min: 0, max: 1 },
  });
  await db('users').where({ id: 1 }).select('id');
  recorded.clear();
  await recorded.inSpan('request', () => db('users').where({ id: 1 }).select('id'));
  await db.destroy();
  const [query, request] = recorded.spans();
  expect(recorded.spans()).toHaveLength(2);
  expect(query).toMatchObject({ name: 'select [users]', parentSpanId: request!.spanId });
});
