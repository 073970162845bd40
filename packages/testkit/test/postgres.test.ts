import { existsSync } from 'node:fs';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { runFixture, startPostgres } from '../src/index.ts';

async function valueOf(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(sql);
    return rows[0] && Object.values(rows[0])[0];
  } finally {
    await client.end();
  }
}

test('each call has databases of its own, gone when it is stopped', async () => {
  const one = await startPostgres();
  const two = await startPostgres();
  try {
    expect(await valueOf(one.url, 'SELECT current_database()')).toBe(one.database);
    expect(two.database).not.toBe(one.database);
    await valueOf(one.url, 'CREATE TABLE here (id int)');
    await expect(valueOf(two.url, 'SELECT * FROM here')).rejects.toThrow('does not exist');

    const third = await one.createDatabase();
    expect(await valueOf(third, 'SELECT 1')).toBe(1);
    expect(new URL(one.url)).toMatchObject({
      hostname: one.host,
      port: String(one.port),
      username: one.user,
    });

    await one.stop();
    const left = `SELECT count(*)::int FROM pg_database WHERE datname IN ('${one.database}', '${new URL(third).pathname.slice(1)}')`;
    expect(await valueOf(two.url, left)).toBe(0);
  } finally {
    await one.stop();
    await two.stop();
  }
});

test('a server of one process ends with it, even when that is killed', async () => {
  const owner = await runFixture(new URL('./fixtures/server-owner.ts', import.meta.url), {
    preload: 'none',
    nodeArgs: ['--conditions=@foreshock/source'],
  });
  const { url, folder } = await owner.ready;
  expect(await valueOf(url, 'SELECT 1')).toBe(1);
  expect(folder).toMatch(/foreshock-postgres-/);
  owner.kill('SIGKILL');
  expect(await owner.exited).toMatchObject({ signal: 'SIGKILL' });
  await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false);
  await expect(valueOf(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});

test('a server that does not answer is a failure that says what to do', async () => {
  vi.stubEnv('FORESHOCK_TEST_SERVERS_PORT', undefined);
  vi.stubEnv('FORESHOCK_TEST_POSTGRES_URL', 'postgres://127.0.0.1:1/none');
  await expect(startPostgres()).rejects.toThrow(
    /FORESHOCK_TEST_POSTGRES_URL is set but does not answer: .*ECONNREFUSED.*\nInstall it \(Debian: apt-get install postgresql\), or start Docker, or point/,
  );
  vi.unstubAllEnvs();
});
