import { describe, expect, it } from 'vitest';
import { errorMessageOf, exceptionTextOf, privateMessageOf } from './error-type.ts';
import { withoutValues } from './error-values.ts';

it.each([
  [
    'duplicate key value violates unique constraint "users_email_key"',
    'duplicate key value violates unique constraint',
  ],
  ["Duplicate entry 'alice@example.com' for key 'email'", 'Duplicate entry'],
  ['invalid input syntax for type integer: alice', 'invalid input syntax for type integer'],
  ['ERR user alice@example.com missing', 'ERR user'],
  ['card 4111111111111111 is refused', 'card'],
  ['Key (email)=(alice) already exists.', 'Key'],
  ['duplicate key value (email)=(alice)', 'duplicate key value'],
  ['doppelter Schlüsselwert „alice“', 'doppelter Schlüsselwert'],
  ["bad x'414243'", 'bad'],
  [`token ${'e'.repeat(40)} is expired`, 'token'],
  ["Stream isn't writeable and enableOfflineQueue options is false", undefined],
  ["Can't add new command when connection is in closed state", undefined],
  ["Column count doesn't match the table's", undefined],
  ['canceling statement due to user request', undefined],
  ["'alice' is taken", ''],
  ['', undefined],
])('%s', (message, kept) => {
  expect(withoutValues(message)).toBe(kept ?? message);
});

describe('what a database has answered with', () => {
  const answer = new Error('no such user: alice');
  privateMessageOf(answer);
  const wrapper = (message: string, more: object): Error => Object.assign(new Error(message), more);

  it('is shown without its values wherever the error gets to', () => {
    expect(errorMessageOf(answer)).toBe('no such user');
    expect(errorMessageOf(new Error('job failed: no such user: alice', { cause: answer }))).toBe('job failed');
    // Sequelize, TypeORM, an AggregateError, a list inside an error inside an error.
    expect(errorMessageOf(wrapper('no such user: alice', { parent: answer }))).toBe('no such user');
    expect(errorMessageOf(wrapper('alice: bob', { driverError: answer }))).toBe('alice');
    expect(errorMessageOf(new AggregateError([new Error('x'), answer], 'all failed for "alice"'))).toBe(
      'all failed for',
    );
    const nested = new Error('outer', { cause: new Error('inner', { cause: answer }) });
    nested.message = 'could not load alice@example.com';
    expect(errorMessageOf(nested)).toBe('could not load');
  });

  it('is known by its text where the error is not passed on', () => {
    expect(errorMessageOf(new Error('no such user: alice'))).toBe('no such user');
    expect(errorMessageOf(new Error('could not save, no such user: alice!'))).toBe('could not save, no such user');
    expect(errorMessageOf(new Error('no such file: alice'))).toBe('no such file: alice');
  });

  it('is known by its beginning when more fail at once than are remembered', () => {
    const failures = Array.from(
      { length: 300 },
      (_, i) => `duplicate key value violates constraint "name" (user ${i})`,
    );
    for (const message of failures) privateMessageOf(new Error(message));
    for (const message of failures) {
      expect(errorMessageOf(new Error(`could not save, ${message}`))).toBe(
        'could not save, duplicate key value violates constraint',
      );
    }
  });

  it('leaves the addresses of others when its own server cannot be reached', () => {
    for (const message of ['connect ECONNREFUSED 10.0.0.1:5432', 'getaddrinfo ENOTFOUND db-1.internal']) {
      const shown = message.split(' ').slice(0, 2).join(' ');
      expect(privateMessageOf(new Error(message))).toBe(shown);
      const ofHttp = `${shown} payments-2:8080`;
      expect(errorMessageOf(new Error(ofHttp))).toBe(ofHttp);
    }
  });

  it('has a message that may be changed afterwards', () => {
    const changed = new Error('no such table: alice');
    privateMessageOf(changed);
    changed.message = `insert into t values ('bob') - ${changed.message}`;
    expect(errorMessageOf(changed)).toBe('no such table');
  });

  it('may be shown less of', () => {
    const scripted = new Error('ERR alice is missing');
    expect(privateMessageOf(scripted, 'ERR')).toBe('ERR');
    expect(errorMessageOf(new Error(`could not load, ${scripted.message}`))).toBe('could not load, ERR');
  });

  it('is recorded as an exception without the values in its stack trace', () => {
    const { message, stack } = exceptionTextOf(answer, answer.message, answer.stack);
    expect(message).toBe('no such user');
    expect(stack).toMatch(/^ +at .*error-values\.test\.ts/);
    expect(stack).not.toContain('alice');
    const other = new Error('mine: alice');
    expect(exceptionTextOf(other, other.message, other.stack)).toEqual({ message: other.message, stack: other.stack });
  });

  it('is looked for at both ends of a long message, whose middle is not recorded', () => {
    privateMessageOf(new Error('no such group: alice'));
    const long = 'select '.repeat(100_000);
    expect(errorMessageOf(new Error(`could not save, no such group: alice ${long}`))).toBe(
      'could not save, no such group',
    );
    expect(errorMessageOf(new Error(`the user 7 has ${long}, no such group: alice`))).toBe('the user');
    const hidden = new Error(`${long}no such group: alice ${long}`);
    const { message, stack } = exceptionTextOf(hidden, hidden.message, hidden.stack);
    expect(long.startsWith(message!)).toBe(true);
    expect(message!.length).toBeGreaterThan(3_000);
    expect(stack).toMatch(/^ +at .*error-values\.test\.ts/);
  });

  it('does not call getters, nor go round in circles', () => {
    const error = wrapper('mine', {});
    Object.defineProperty(error, 'parent', { get: () => expect.fail('called'), enumerable: true });
    Object.assign(error, { error, errors: [error, Array.from({ length: 1_000 }, () => error)] });
    expect(errorMessageOf(error)).toBe('mine');
    expect(privateMessageOf('text')).toBe('');
    expect(privateMessageOf(undefined)).toBe('');
  });
});
