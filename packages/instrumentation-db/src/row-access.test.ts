import { describe, expect, it } from 'vitest';
import { rowAccessOf, rowText } from './row-access.ts';
import { MYSQL, POSTGRESQL } from './sql-dialect.ts';

const said = (sql: string, dialect = POSTGRESQL): string | undefined => {
  const row = rowAccessOf(sql, dialect);
  const named = row && rowText(row, ['p0', 'p1', 'p2']);
  return (
    row && [row.access, row.columns, named?.replaceAll('\0', ' ')].filter((each) => each !== undefined).join(' | ')
  );
};

describe('a simple statement', () => {
  it.each([
    ['SELECT * FROM stock WHERE sku = $1', 'read | * | stock sku=p0'],
    ['select "id", "name" from "users" where "users"."id" = $2 limit $1', 'read | id,name | users id=p1'],
    [
      'SELECT u."a" AS "x" FROM "public"."users" AS u WHERE ((u.id = 5)) FOR UPDATE',
      'read_for_update | a | users id=5',
    ],
    ['SELECT a FROM t WHERE b = $2 AND a = $1::int FOR NO KEY UPDATE SKIP LOCKED', 'read_for_update | a | t a=p0 b=p1'],
    ['UPDATE stock SET units = $1, updated_at = $3 WHERE sku = $2;', 'update | units | stock sku=p1'],
    ['UPDATE stock SET units = units - $1 WHERE sku = $2', 'update_relative | units | stock sku=p1'],
    ['UPDATE t SET a = coalesce($1, a) WHERE id = $2', 'update_derived | a | t id=p1'],
    ['UPDATE t SET a = a || $1::jsonb, b = $3 WHERE id = $2', 'update_derived | a,b | t id=p1'],
    ['UPDATE shop.t SET n = 1 - n WHERE id = $1', 'update_relative | n | shop.t id=p0'],
    ['UPDATE t SET a = lower($1::text) WHERE id = $2 RETURNING *', 'update | a | t id=p1'],
    [`UPDATE t SET state = 'paid', at = now() WHERE id = $1`, 'update_constant | at,state | t id=p0'],
    [
      'UPDATE t SET last_login_at = now(), updated_at = $2 WHERE id = $1',
      'update_time | last_login_at,updated_at | t id=p0',
    ],
    [`UPDATE t SET state = $1 WHERE id = $2 AND state = 'open'`, `update_conditional | state | t id=p1 state=open`],
    ['UPDATE t SET a = $1 WHERE id = $2 AND version = $3', 'update_conditional | a | t id=p1 version=p2'],
    ['INSERT INTO t (id, a) VALUES ($1, now())', 'insert'],
    ['INSERT INTO t (id) VALUES ($1), ($2) ON CONFLICT DO NOTHING', 'insert_if_absent'],
    ['INSERT INTO t (id, a) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a', 'update | a | t id=p0'],
    [
      'INSERT INTO t (id, n) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = t.n + EXCLUDED.n',
      'update_relative | n | t id=p0',
    ],
    ['DELETE FROM t WHERE id = $1', 'delete | * | t id=p0'],
  ])('%s', (sql, expected) => {
    expect(said(sql)).toBe(expected);
  });

  it.each([
    ['UPDATE `t` SET `a` = ? WHERE `id` = ?', 'update | a | t id=p1'],
    ['SELECT a FROM t WHERE id = ? LOCK IN SHARE MODE', 'read_for_update | a | t id=p0'],
    ['INSERT IGNORE INTO t (id) VALUES (?)', 'insert_if_absent'],
    ['INSERT INTO t (id, a) VALUES (?, ?) ON DUPLICATE KEY UPDATE a = VALUES(a)', 'upsert'],
  ])('%s of MySQL', (sql, expected) => {
    expect(said(sql, MYSQL)).toBe(expected);
  });
});

describe('nothing is said of', () => {
  it.each([
    'SELECT * FROM a JOIN b ON a.id = b.id WHERE a.id = $1',
    'SELECT * FROM a, b WHERE id = $1',
    'SELECT * FROM t WHERE id = $1 OR id = $2',
    'SELECT * FROM t WHERE id IN ($1)',
    'SELECT * FROM t WHERE NOT id = $1',
    'SELECT * FROM t WHERE id = lower($1)',
    'SELECT * FROM t WHERE n > $1',
    'SELECT count(*) FROM t WHERE id = $1',
    'SELECT DISTINCT a FROM t WHERE id = $1',
    'SELECT * FROM t',
    'SELECT a FROM t WHERE id = $1 UNION SELECT a FROM u WHERE id = $1',
    'UPDATE t SET a = (SELECT max(a) FROM u) WHERE id = $1',
    'UPDATE t SET a = u.a FROM u WHERE id = $1',
    'UPDATE t SET a = $1',
    'UPDATE ONLY t SET a = $1 WHERE id = $2',
    'SELECT a FROM ONLY t WHERE id = $1',
    'INSERT INTO t SELECT * FROM u',
    `SELECT * FROM t WHERE id = E'a\\'b'`,
    `SELECT * FROM t WHERE id = 'it''s'`,
    'SELECT * FROM t /* c */ WHERE id = $1',
    'SELECT * FROM t WHERE id = $1 -- AND other',
    'WITH x AS (SELECT 1) SELECT * FROM t WHERE id = $1',
    'BEGIN',
    '',
  ])('%s', (sql) => {
    expect(said(sql)).toBeUndefined();
  });

  it('a value that has no one text, or is missing', () => {
    const row = rowAccessOf('SELECT * FROM t WHERE id = $1', POSTGRESQL)!;
    for (const values of [undefined, [], [null], [new Date()], [Buffer.from('a')]])
      expect(rowText(row, values)).toBeUndefined();
    expect(rowText(row, [5])).toBe(rowText(row, ['5']));
  });

  it('MySQL in double quotes: they may be strings', () => {
    expect(said('SELECT * FROM t WHERE id = "5"', MYSQL)).toBeUndefined();
  });
});
