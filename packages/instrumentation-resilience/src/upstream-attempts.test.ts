import { context, propagation, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import { whereSent } from '@foreshock/kit';
import { expect, it } from 'vitest';
import { SentAttempt, Sends } from './sends.ts';
import { upstreamAttempts, withUpstreamAttempts } from './upstream-attempts.ts';

const TENANT = ['tenant', { value: '7' }];

function received(value: string): Context {
  const baggage = propagation.createBaggage({ 'retry.upstream_attempts': { value }, tenant: { value: '7' } });
  return propagation.setBaggage(ROOT_CONTEXT, baggage);
}

function attempt(number: number, upstream = 1): SentAttempt {
  return new SentAttempt(new Sends(upstream), { sentAttempts: number - 1 }, number);
}

const entries = (where: Context): unknown => propagation.getBaggage(where)?.getAllEntries();

it('a first attempt says nothing, whatever the caller said', () => {
  const where = withUpstreamAttempts(received('3'), attempt(1, 3));
  expect(entries(where)).toEqual([TENANT]);
  expect(upstreamAttempts(where)).toBe(1);
});

it('a later attempt counts on from what the caller said', () => {
  expect(entries(withUpstreamAttempts(received('1'), attempt(3)))).toEqual([
    TENANT,
    ['retry.upstream_attempts', { value: '3' }],
  ]);
  expect(upstreamAttempts(withUpstreamAttempts(received('3'), attempt(2, 3)))).toBe(4);
  expect(upstreamAttempts(withUpstreamAttempts(ROOT_CONTEXT, attempt(9, 9_999)))).toBe(9_999);
});

it('an attempt that is over leaves nothing behind, nor in what was derived of its baggage', () => {
  const second = attempt(2);
  const where = withUpstreamAttempts(received('1'), second);
  const derived = propagation.getBaggage(where)!.setEntry('user', { value: '1' }).removeEntry('tenant');
  const later = propagation.setBaggage(where, derived);
  expect(upstreamAttempts(later)).toBe(2);
  second.over = true;
  expect(entries(where)).toEqual([TENANT]);
  expect(entries(later)).toEqual([['user', { value: '1' }]]);
});

it('a call that no policy makes does not pass on what came in', () => {
  expect(entries(whereSent(received('3')))).toEqual([TENANT]);
  const where = withUpstreamAttempts(received('3'), attempt(2, 3));
  expect(whereSent(where)).toBe(where);
  expect(whereSent(context.active())).toBe(context.active());
});

it.each(['0', '-1', '01', '1e3', '2.5', '10000', ' 2', '2 ', 'two', '', '٣', '2\r\nx: y', '9'.repeat(300)])(
  'takes %j for nothing said',
  (value) => expect(upstreamAttempts(received(value))).toBe(1),
);
