import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizeSql } from './sql.ts';

describe('sanitizeSql', () => {
  const cases: [string, string, string][] = [
    ['SELECT * FROM orders WHERE id = $1', 'SELECT * FROM orders WHERE id = $1', 'SELECT orders'],
    [
      "select name from users where mail = 'a@b.c' and age > 30",
      'select name from users where mail = ? and age > ?',
      'SELECT users',
    ],
    ["SELECT 'it''s' FROM t", 'SELECT ? FROM t', 'SELECT t'],
    ["SELECT E'a\\'b', secret FROM t", 'SELECT ?, secret FROM t', 'SELECT t'],
    ["SELECT date'2020-01-01'", 'SELECT date?', 'SELECT'],
    ['SELECT $tag$ it is $$ secret $tag$, $1', 'SELECT ?, $1', 'SELECT'],
    ['SELECT /* user=42 /* nested */ */ 1 -- tail 7', 'SELECT ?', 'SELECT'],
    ['SELECT a FROM t WHERE id IN (1, 2,3 , 4)', 'SELECT a FROM t WHERE id IN (?)', 'SELECT t'],
    [
      'SELECT "Total 9" FROM "My Shop"."Orders 1"',
      'SELECT "Total 9" FROM "My Shop"."Orders 1"',
      'SELECT My Shop.Orders 1',
    ],
    ['INSERT INTO a (x) SELECT y FROM b', 'INSERT INTO a (x) SELECT y FROM b', 'INSERT a SELECT b'],
    [
      'INSERT INTO a VALUES (1) ON CONFLICT DO UPDATE SET x = 2',
      'INSERT INTO a VALUES (?) ON CONFLICT DO UPDATE SET x = ?',
      'INSERT a',
    ],
    ['SELECT * FROM jobs FOR UPDATE SKIP LOCKED', 'SELECT * FROM jobs FOR UPDATE SKIP LOCKED', 'SELECT jobs'],
    [
      'WITH x AS (SELECT 1 FROM a) UPDATE b SET c = 1.5e-7',
      'WITH x AS (SELECT ? FROM a) UPDATE b SET c = ?',
      'SELECT a UPDATE b',
    ],
    [
      'SELECT * FROM a JOIN b ON a.id = b.id LEFT JOIN a a2 ON true',
      'SELECT * FROM a JOIN b ON a.id = b.id LEFT JOIN a a2 ON true',
      'SELECT a b',
    ],
    ['SELECT * FROM (SELECT 1) s', 'SELECT * FROM (SELECT ?) s', 'SELECT'],
    [
      'CREATE TABLE IF NOT EXISTS shop.orders (id int)',
      'CREATE TABLE IF NOT EXISTS shop.orders (id int)',
      'CREATE shop.orders',
    ],
    ['  BEGIN  ', 'BEGIN', 'BEGIN'],
    ['SELECT col1, t2.x9 FROM tab1e t2', 'SELECT col1, t2.x9 FROM tab1e t2', 'SELECT tab1e'],
    ["SELECT 'unterminated", 'SELECT ?', 'SELECT'],
  ];
  it.each(cases)('%s', (sql, text, summary) => {
    expect(sanitizeSql(sql)).toMatchObject({ text, summary });
  });

  it('knows one table from several', () => {
    expect(sanitizeSql('DELETE FROM orders').collection).toBe('orders');
    expect(sanitizeSql('SELECT 1 FROM a JOIN b USING (id)').collection).toBeUndefined();
  });

  it('reads the MySQL dialect', () => {
    expect(sanitizeSql('SELECT `a b`, "it\\"s", \'x\\\'y\' FROM `shop`.`orders` # rest 1', true)).toMatchObject({
      text: 'SELECT `a b`, ? FROM `shop`.`orders`',
      summary: 'SELECT shop.orders',
    });
  });

  it('never shows a literal, whatever stands around it', () => {
    const secret = '8675309secret';
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('SELECT ', 'a', ' ', ',', '(', ')', '=', 'IN ', '1', '$1', '/*x*/', '"q"', '\n', ';')),
        (parts) => {
          const around = parts.join('');
          expect(sanitizeSql(`${around} '${secret}' ${around}`).text).not.toContain(secret);
          expect(sanitizeSql(`${around} $x$${secret}$x$ ${around}`).text).not.toContain(secret);
        },
      ),
    );
  });

  it('takes any text, in bounded size', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.boolean(), (sql, mysql) => {
        expect(sanitizeSql(sql, mysql).text.length).toBeLessThanOrEqual(sql.length);
      }),
    );
    const huge = sanitizeSql(`SELECT ${"'".repeat(1_000_001)} FROM x`);
    expect(huge.text.length).toBeLessThanOrEqual(4096);
    expect(sanitizeSql(`SELECT ${'/*'.repeat(500_000)}`).text).toBe('SELECT');
  });
});
