import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MYSQL, POSTGRESQL, TSQL } from './sql-dialect.ts';
import { sanitizeSql, type SanitizedQuery } from './sql.ts';

const postgresql = (sql: string): SanitizedQuery => sanitizeSql(sql, POSTGRESQL);
const mysql = (sql: string): SanitizedQuery => sanitizeSql(sql, MYSQL);

describe('the text', () => {
  it.each([
    ['SELECT * FROM orders WHERE id = $1', 'SELECT * FROM orders WHERE id = $1'],
    ["select name from users where mail = 'a@b.c' and age > 30", 'select name from users where mail = ? and age > ?'],
    ["SELECT 'it''s' FROM t", 'SELECT ? FROM t'],
    ["SELECT E'a\\'b', secret FROM t", 'SELECT ?, secret FROM t'],
    ["SELECT date'2020-01-01'", 'SELECT date?'],
    ['SELECT $tag$ it is $$ secret $tag$, $1', 'SELECT ?, $1'],
    ['SELECT a/* user=42 /* nested */ */b, 1 -- tail 7', 'SELECT a b, ?'],
    ['SELECT "Total 9" FROM "My Shop"."Orders 1"', 'SELECT "Total 9" FROM "My Shop"."Orders 1"'],
    ['SELECT a WHERE b = TRUE AND c IS NULL', 'SELECT a WHERE b = ? AND c IS NULL'],
    ['SELECT col1, t2.x9 FROM tab1e t2 LIMIT 1.5e-7', 'SELECT col1, t2.x9 FROM tab1e t2 LIMIT ?'],
    ['  BEGIN  ', 'BEGIN'],
  ])('%s', (sql, text) => {
    expect(postgresql(sql).text).toBe(text);
  });

  it.each([
    ['SELECT a FROM t WHERE id IN (1, 2,3 , 4)', 'SELECT a FROM t WHERE id IN (?)'],
    ['SELECT a FROM t WHERE id IN ($1, $2,$3) AND b = $4', 'SELECT a FROM t WHERE id IN ($1) AND b = ?'],
    ['SELECT a FROM t WHERE (a, b) IN (($1, $2), ($3, $4))', 'SELECT a FROM t WHERE (a, b) IN (($1, $2))'],
    ['INSERT INTO t VALUES ($1, $2)', 'INSERT INTO t VALUES ($1, $2)'],
    ['INSERT INTO t VALUES ($1, $2), ($3,$4),\n($5, $6) RETURNING id', 'INSERT INTO t VALUES ($1, $2) RETURNING id'],
    ["INSERT INTO t VALUES (1, 'x'), (2, NULL), (DEFAULT, 3)", 'INSERT INTO t VALUES (?)'],
    ['INSERT INTO t VALUES (1, now()), (2, $1)', 'INSERT INTO t VALUES (?, now()), (?, $1)'],
    ['SELECT f($1, $2), g(1, 2)', 'SELECT f($1, $2), g(?)'],
  ])('%s: however long the list is', (sql, text) => {
    expect(postgresql(sql).text).toBe(text);
  });

  it('reads T-SQL: amounts with any currency, and no-break spaces', () => {
    expect(sanitizeSql('SELECT été FROM t WHERE a =\u00A05 AND b = €12.5 AND c = $7', TSQL)).toMatchObject({
      text: 'SELECT été FROM t WHERE a =\u00A0? AND b = €? AND c = $?',
      summary: 'SELECT t',
    });
  });

  it('reads MySQL', () => {
    expect(mysql("SELECT `a b`, \"it's\", 'x' FROM `shop`.`orders` WHERE a IN (?, ?) # rest 1").text).toBe(
      'SELECT `a b`, ? FROM `shop`.`orders` WHERE a IN (?)',
    );
    expect(mysql('SELECT 1 FROM 2fa_tokens WHERE a = 2fa').text).toBe('SELECT ? FROM 2fa_tokens WHERE a = ?');
  });

  it.each([
    ["SELECT E'a'\n'b\\'c secret'", POSTGRESQL],
    ["SELECT a ` 'secret'", POSTGRESQL],
    ["SELECT * FROM f WHERE n = 'it\\'s secret'", POSTGRESQL],
    ["SELECT -- it's\r 'a\nsecret'", POSTGRESQL],
    ["SELECT * FROM f WHERE p = 'C:\\' AND n = 'secret'", MYSQL],
    ['SELECT "C:\\" AND "secret"', MYSQL],
    ["SELECT 5--'x\nsecret'", MYSQL],
    ["SELECT /* /* */ '*/ secret'", MYSQL],
    ["SELECT /*! '*/ secret' */", MYSQL],
    ["SELECT $$, 'x $$ secret' FROM t", MYSQL],
    // Refused by the servers, and sent all the same.
    ['SELECT "a FROM t WHERE ssn = secret', POSTGRESQL],
    ["SELECT a FROM t WHERE name = 'O'secret' AND mail = 'x'", POSTGRESQL],
    ["SELECT a FROM t WHERE name = 'O'secret' AND mail = 'D'secret'", POSTGRESQL],
    ["SELECT 'a' /* 'secret", MYSQL],
    // Makes sense with escapes and without.
    ["SELECT a FROM t WHERE n IN ('it\\'s', 'he\\'s secret')", MYSQL],
    ["SELECT a FROM t WHERE p = 'C:\\' AND n = 'it\\'s secret'", MYSQL],
  ])('hides what is a literal to any setting of the server: %s', (sql, dialect) => {
    const { text, summary } = sanitizeSql(sql, dialect);
    expect(`${text} ${summary}`).not.toContain('secret');
    expect(text).toMatch(/^SELECT/);
  });

  it.each([
    ["INSERT INTO t VALUES ('it\\'s', now(), 5)", 'INSERT INTO t VALUES (?, now(), ?)'],
    ["SELECT a FROM t WHERE n = 'it\\'s' AND m = 'x' LIMIT 5", 'SELECT a FROM t WHERE n = ? AND m = ? LIMIT ?'],
    ["SELECT a FROM t WHERE p = 'C:\\' AND b = 1", 'SELECT a FROM t WHERE p = ? AND b = ?'],
    [
      "SELECT a FROM t WHERE p LIKE 'a\\%' ESCAPE '\\' AND b IN ('x')",
      'SELECT a FROM t WHERE p LIKE ? ESCAPE ? AND b IN (?)',
    ],
  ])('shows what makes sense to one setting alone: %s', (sql, text) => {
    expect(mysql(sql).text).toBe(text);
  });

  it('remembers a text for its own dialect', () => {
    const sql = 'SELECT "top secret" FROM t';
    expect(postgresql(sql).text).toBe(sql);
    expect(mysql(sql).text).toBe('SELECT ? FROM t');
    expect(postgresql(sql)).toBe(postgresql(sql));
  });

  it('remembers long texts too, with their tables', () => {
    const columns = Array.from({ length: 500 }, (_, i) => `"o"."column_${i}"`).join(', ');
    const query = postgresql(`SELECT ${columns} FROM orders o WHERE id = 1`);
    expect(query).toMatchObject({ summary: 'SELECT orders', collection: 'orders' });
    expect(query.text).toHaveLength(4096);
    expect(postgresql(`SELECT ${columns} FROM orders o WHERE id = 1`)).toBe(query);
  });

  it('leaves out rows and lists of parameters as far as they are nothing else', () => {
    const shown = (sql: string) => postgresql(sql).text;
    const insert = 'INSERT INTO t VALUES ($1, $2)';
    expect(shown(`${insert}, ($3, $4),\n($5,$6) ON CONFLICT (a) DO UPDATE SET b = $7`)).toBe(
      `${insert} ON CONFLICT (a) DO UPDATE SET b = ?`,
    );
    expect(shown(`${insert}, ($3, 'x'), ($4, $5)`)).toBe(insert);
    expect(shown(`${insert}, ($3, now()), ($4, $5)`)).toBe(`${insert}, ($3, now()), ($4, $5)`);
    expect(shown(`${insert}, ($3, $4`)).toBe(`${insert}, ($3, $4`);
    expect(shown('SELECT 1 FROM t WHERE a IN ($1, $2, $3) AND b = $4')).toBe(
      'SELECT ? FROM t WHERE a IN ($1) AND b = ?',
    );
    expect(mysql("INSERT INTO t VALUES (?, ?), (?, ?), (?, 'x'), (?, ?)").text).toBe('INSERT INTO t VALUES (?, ?)');
    expect(mysql('SELECT 1 FROM t WHERE a IN (?, ?, ?) AND b = ?').text).toBe(
      'SELECT ? FROM t WHERE a IN (?) AND b = ?',
    );
  });

  it('takes any text, in bounded size', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom(POSTGRESQL, MYSQL), (sql, dialect) => {
        expect(sanitizeSql(sql, dialect).text.length).toBeLessThanOrEqual(sql.length);
      }),
    );
    expect(postgresql(`SELECT ${"'".repeat(1_000_001)} FROM x`).text).toBe('SELECT ?');
    expect(postgresql(`SELECT ${'/*'.repeat(500_000)}`).text).toBe('SELECT ?');
    expect(postgresql(`SELECT ${'('.repeat(10_000)}`).summary).toBe('SELECT');
    expect(postgresql(`SELECT ${'a, '.repeat(1_000_000)}`).text).toHaveLength(4096);
  });
});

it.each([
  [
    'INSERT INTO pgboss.job_common SELECT * FROM json_to_recordset($1) JOIN pgboss.queue q ON true',
    'INSERT pgboss.job_common',
  ],
  ['INSERT INTO a SELECT * FROM b', 'INSERT a SELECT b'],
  [
    'EXPLAIN SELECT * FROM a_long_name_of_a_table JOIN another_of_the_same',
    'EXPLAIN SELECT a_long_name_of_a_table another_of_the_same',
  ],
  [
    'CREATE TABLE products (id int); CREATE TABLE orders (id int); INSERT INTO products VALUES (1)',
    'CREATE TABLE products',
  ],
])('the name of %s has a long one’s first operation only', (sql, name) => {
  expect(postgresql(sql).name).toBe(name);
});

describe('the summary', () => {
  it.each([
    // The convention's own examples, but for a table in single quotes, which is a literal here.
    ['SELECT * FROM wuser_table WHERE username = ?', 'SELECT wuser_table', 'wuser_table'],
    [
      'INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE order_id = ?',
      'INSERT shipping_details SELECT orders',
      undefined,
    ],
    ['SELECT * FROM songs, artists WHERE songs.artist_id == artists.id', 'SELECT songs artists', undefined],
    [
      'SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON o.customer_id = c.customer_id)',
      'SELECT SELECT orders customers',
      undefined,
    ],
    ['SELECT * FROM "song list", "artists"', 'SELECT "song list" "artists"', undefined],

    ['select * from Orders', 'select Orders', 'Orders'],
    ['Select * From orders o Left Join items i On true, c', 'Select orders items c', undefined],
    ['SELECT * FROM (a CROSS JOIN b)', 'SELECT a b', undefined],
    ['SELECT * FROM a JOIN b ON a.id = b.id LEFT JOIN a a2 ON true', 'SELECT a b', undefined],
    ['SELECT (SELECT max(x) FROM b) FROM a', 'SELECT SELECT b a', undefined],
    ['(SELECT * FROM a) UNION (SELECT * FROM a)', 'SELECT a SELECT a', 'a'],
    ['SELECT * FROM a JOIN LATERAL (SELECT * FROM b) x ON true', 'SELECT a SELECT b', undefined],
    ['SELECT * FROM generate_series(1, 10) g', 'SELECT', undefined],
    ['SELECT * FROM a CROSS JOIN UNNEST($1::int[]) u', 'SELECT a', 'a'],
    ['SELECT * FROM jobs FOR UPDATE SKIP LOCKED', 'SELECT jobs', 'jobs'],
    ['SELECT update, t.delete FROM ONLY t ORDER BY a, b LIMIT 1, 2', 'SELECT t', 't'],

    ['SELECT EXTRACT(YEAR FROM created_at) FROM orders', 'SELECT orders', 'orders'],
    ["SELECT trim(both 'x' FROM name), substring(name FROM 2) FROM people", 'SELECT people', 'people'],
    ['SELECT * FROM a WHERE x IS NOT DISTINCT FROM y', 'SELECT a', 'a'],
    ['COPY t (a, b) FROM STDIN', 'COPY t', 't'],
    ['COPY (SELECT * FROM t) TO STDOUT', 'COPY SELECT t', 't'],
    ['FETCH NEXT FROM my_cursor', 'FETCH', undefined],
    ['REVOKE SELECT ON t FROM alice', 'REVOKE', undefined],
    ['INSERT INTO orders (from, into) VALUES (1, 2)', 'INSERT orders', 'orders'],

    ['WITH x AS (SELECT id FROM orders) SELECT * FROM x', 'SELECT orders SELECT x', 'orders'],
    [
      'WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT n+1 FROM t) SELECT * FROM t',
      'SELECT SELECT t SELECT t',
      undefined,
    ],
    ['WITH x AS (SELECT 1 FROM a) UPDATE b SET c = 1', 'SELECT a UPDATE b', undefined],
    [
      'WITH d AS (DELETE FROM jobs RETURNING *) INSERT INTO archive SELECT * FROM d',
      'DELETE jobs INSERT archive SELECT d',
      undefined,
    ],
    ['UPDATE a JOIN b ON a.id = b.id SET a.x = replace(a.x, 1, 2), y = 3', 'UPDATE a b', undefined],
    ['UPDATE stock SET n = 0 FROM x', 'UPDATE stock x', undefined],
    ['DELETE FROM orders USING items WHERE true', 'DELETE orders items', undefined],
    ['INSERT INTO a VALUES (1) ON CONFLICT (b) DO UPDATE SET x = 2, y = 3', 'INSERT a', 'a'],
    ['INSERT IGNORE t SET a = 1, b = 2', 'INSERT t', 't'],
    ['REPLACE INTO t VALUES (f(REPLACE(a, b, c)))', 'REPLACE t', 't'],
    [
      'MERGE INTO stock s USING sent d ON true WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)',
      'MERGE stock sent UPDATE INSERT',
      undefined,
    ],
    ['BEGIN; UPDATE a SET x = 1; UPDATE b SET x = 1; COMMIT', 'BEGIN UPDATE a UPDATE b COMMIT', undefined],
    ['TRUNCATE TABLE orders, items', 'TRUNCATE orders items', undefined],
    ['CALL do_it(1, 2)', 'CALL do_it', undefined],

    [
      'CREATE TABLE IF NOT EXISTS shop.orders (id int REFERENCES other (id))',
      'CREATE TABLE shop.orders',
      'shop.orders',
    ],
    ['CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)', 'CREATE INDEX i t', 't'],
    ['CREATE MATERIALIZED VIEW v AS SELECT * FROM t', 'CREATE VIEW v SELECT t', undefined],
    ['ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int', 'ALTER TABLE t', 't'],
    ['DROP TABLE IF EXISTS a, b', 'DROP TABLE a b', undefined],
    ["CREATE USER alice PASSWORD 'x'", 'CREATE USER', undefined],
    ['CREATE FUNCTION f() RETURNS int BEGIN SELECT 1 FROM t; END', 'CREATE FUNCTION f', undefined],
    ['EXPLAIN ANALYZE UPDATE t SET a = 1', 'EXPLAIN ANALYZE UPDATE t', 't'],
    ['LOCK TABLE t IN SHARE MODE', 'LOCK t', 't'],
    ['alice@example.com', undefined, undefined],
  ])('%s', (sql, summary, collection) => {
    expect(postgresql(sql)).toMatchObject({ summary, collection });
  });

  it('reads MySQL', () => {
    expect(mysql('SELECT * FROM `a b`.`c`')).toMatchObject({ summary: 'SELECT `a b`.`c`', collection: '`a b`.`c`' });
    expect(mysql("LOAD DATA LOCAL INFILE 'x' INTO TABLE t").summary).toBe('LOAD t');
    expect(mysql("SELECT a INTO OUTFILE 'x' FROM t").summary).toBe('SELECT t');
  });

  it('ends between two names where it is too long', () => {
    const tables = Array.from({ length: 100 }, (_, i) => `table_${i}`);
    const { summary } = postgresql(`SELECT * FROM ${tables.join(', ')}`);
    expect(summary!.length).toBeLessThanOrEqual(255);
    expect(`SELECT ${tables.join(' ')}`.startsWith(`${summary} `)).toBe(true);
    expect(postgresql(`SELECT * FROM ${'t'.repeat(300)}, b`).summary).toBe('SELECT');
  });
});
