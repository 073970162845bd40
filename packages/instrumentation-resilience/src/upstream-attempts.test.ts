import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { tellAttempt, upstreamAttempts } from './upstream-attempts.ts';

function told(value: string): ReturnType<typeof propagation.setBaggage> {
  return propagation.setBaggage(
    ROOT_CONTEXT,
    propagation.createBaggage({ 'retry.upstream_attempts': { value }, tenant: { value: '7' } }),
  );
}

it('says nothing of a first attempt', () => {
  expect(tellAttempt(ROOT_CONTEXT, 1)).toBe(ROOT_CONTEXT);
  expect(upstreamAttempts(ROOT_CONTEXT)).toBe(1);
});

it('tells of later ones, beside what the baggage holds', () => {
  const where = tellAttempt(told('1'), 3);
  expect(propagation.getBaggage(where)?.getAllEntries()).toEqual([
    ['retry.upstream_attempts', { value: '3' }],
    ['tenant', { value: '7' }],
  ]);
  expect(upstreamAttempts(where)).toBe(3);
});

it('multiplies along the way: three attempts of a caller that is tried twice are six requests', () => {
  expect(upstreamAttempts(tellAttempt(told('2'), 3))).toBe(6);
  expect(upstreamAttempts(tellAttempt(told('9999'), 9))).toBe(9_999);
});

it.each(['0', '-1', '01', '1e3', '2.5', '10000', ' 2', '2 ', 'two', '', '٣', '2\r\nx: y', '9'.repeat(100_000)])(
  'takes %j for nothing said',
  (value) => {
    expect(upstreamAttempts(told(value))).toBe(1);
    expect(upstreamAttempts(tellAttempt(told(value), 2))).toBe(2);
  },
);
