import { expect, it } from 'vitest';
import { errorMessageOf } from './error-type.ts';
import { noteValues, withoutValues } from './error-values.ts';

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

it('is kept wherever the error gets to', () => {
  const error = new Error('no such user: alice');
  expect(errorMessageOf(error)).toBe('no such user: alice');
  noteValues(error);
  expect(errorMessageOf(error)).toBe('no such user');
  expect(errorMessageOf(new Error('job failed: no such user: alice', { cause: error }))).toBe('job failed');
  expect(() => noteValues('text')).not.toThrow();
});
