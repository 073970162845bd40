import { expect, it } from 'vitest';
import { transactionStep } from './transaction-statement.ts';

it.each([
  ['BEGIN', 'begin'],
  ['begin;', 'begin'],
  ['BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY', 'begin'],
  ['BEGIN IMMEDIATE', 'begin'],
  ['BEGIN TRANSACTION', 'begin'],
  ['START TRANSACTION', 'begin'],
  ['start transaction WITH CONSISTENT SNAPSHOT', 'begin'],
  ['COMMIT', 'end'],
  ['commit;', 'end'],
  ['ROLLBACK WORK', 'end'],
  ['END', 'end'],
  ['ROLLBACK TO SAVEPOINT a', undefined],
  ['SAVEPOINT a', undefined],
  ['RELEASE SAVEPOINT a', undefined],
  ['SELECT a FROM t', undefined],
  ['SELECT committed FROM t', undefined],
  ['COMMIT AND CHAIN', 'unknown'],
  ['COMMIT PREPARED ?', 'unknown'],
  ['ROLLBACK TO a; COMMIT', 'unknown'],
  ['BEGIN; UPDATE t SET a = ?; COMMIT', 'unknown'],
  ['UPDATE t SET a = ?; COMMIT', 'unknown'],
  ['BEGIN TRAN UPDATE t SET a = ? COMMIT', 'unknown'],
  ['BEGIN SELECT ? END', 'unknown'],
  ['CREATE TABLE t (a INT)', undefined],
])('%s', (text, step) => {
  expect(transactionStep(text, 'postgresql')).toBe(step);
});

it('a definition ends a transaction of MySQL', () => {
  expect(transactionStep('CREATE TABLE t (a INT)', 'mariadb')).toBe('unknown');
});
