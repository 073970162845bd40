import { expect, it } from 'vitest';
import { Redeliveries } from './redeliveries.ts';

it('counts failures of the same message until it succeeds', () => {
  const redeliveries = new Redeliveries();
  expect(redeliveries.of('a')).toBe(undefined);
  redeliveries.failed('a');
  redeliveries.failed('a');
  redeliveries.failed('b');
  expect([redeliveries.of('a')?.failures, redeliveries.of('b')?.failures]).toEqual([2, 1]);
  redeliveries.succeeded('a');
  expect(redeliveries.of('a')).toBe(undefined);
});

it('knows nothing of a message that is like no other, and forgets the oldest of too many', () => {
  const redeliveries = new Redeliveries();
  redeliveries.failed(undefined);
  expect(redeliveries.of(undefined)).toBe(undefined);
  for (let i = 0; i <= 1_000; i++) redeliveries.failed(String(i));
  expect([redeliveries.of('0'), redeliveries.of('1')?.failures]).toEqual([undefined, 1]);
});
