import mysql from 'mysql2/promise';
import { expect, test, vi } from 'vitest';
import { startMariaDb } from '../src/index.ts';

async function valueOf(url: string, sql: string): Promise<unknown> {
  const connection = await mysql.createConnection(url);
  try {
    const [rows] = await connection.query({ sql, rowsAsArray: true });
    return (rows as unknown[][])[0]?.[0];
  } finally {
    await connection.end();
  }
}

test('each call has databases of its own, gone when it is stopped', async () => {
  const one = await startMariaDb();
  const two = await startMariaDb();
  try {
    expect(await valueOf(one.url, 'SELECT database()')).toBe(one.database);
    expect(two.database).not.toBe(one.database);
    await valueOf(one.url, 'CREATE TABLE here (id int)');
    await expect(valueOf(two.url, 'SELECT * FROM here')).rejects.toThrow("doesn't exist");

    const third = await one.createDatabase();
    expect(await valueOf(third, 'SELECT 1')).toBe(1);
    expect(new URL(one.url)).toMatchObject({ hostname: one.host, port: String(one.port), username: one.user });

    await one.stop();
    const left = `SELECT count(*) FROM information_schema.schemata WHERE schema_name IN ('${one.database}', '${new URL(third).pathname.slice(1)}')`;
    expect(await valueOf(two.url, left)).toBe(0);
  } finally {
    await one.stop();
    await two.stop();
  }
});

test('a server that does not answer is a failure that says what to do', async () => {
  vi.stubEnv('FORESHOCK_TEST_SERVERS_PORT', undefined);
  vi.stubEnv('FORESHOCK_TEST_MARIADB_URL', 'mysql://127.0.0.1:1/none');
  await expect(startMariaDb()).rejects.toThrow(
    /FORESHOCK_TEST_MARIADB_URL is set but does not answer: .*ECONNREFUSED.*\nInstall it \(Debian: apt-get install mariadb-server-core mariadb-client-core\)/,
  );
  vi.unstubAllEnvs();
});
