/*
 * What each library gives to its callers, with and without us, and the whole spans of calls of many kinds: its newest
 * version, all in one application. What all versions show is in the contracts.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { startFailingServer } from './failing-server.ts';
import { counted, outline, type Caller, type Outlined } from './outline.ts';
import { openStage, type Played } from './scenario.ts';

interface Case {
  name: 'got' | 'axios-retry' | 'p-retry' | 'async-retry' | 'undici';
  /** What the scenario of this library shows beside what all of them do. */
  more: Record<string, Caller>;
  /** Attempts beyond the first, in all. */
  resends: number;
  /** `error.type` of a summary after a 5xx. */
  failure: string;
  /** `max_attempts` is known only when an attempt has failed. */
  maxAttemptsLater?: boolean;
}

const quiet: Caller = { calls: [], events: [] };

const CASES: Case[] = [
  {
    name: 'got',
    failure: 'ERR_NON_2XX_3XX_RESPONSE',
    resends: 12,
    more: {
      reset: resets('got', 'ECONNRESET', 'socket hang up', 'ECONNRESET'),
      'not found': { calls: [call('got', 1, 3, '404')], events: [] },
      'no error wanted': {
        calls: [1, 2, 3].map((number) => call('got', number, 3, '500')),
        events: [summary('got', 3, 'failure', 'ERR_NON_2XX_3XX_RESPONSE')],
      },
      'not idempotent': { calls: [post(['GET', { 'error.type': '500' }, ''])], events: [] },
      'no retry': { calls: [['GET', { 'error.type': '500' }, '']], events: [] },
      stopped: { calls: [expect.arrayContaining(['GET'])], events: [] },
      stream: { calls: [call('got', 1, 3, '503'), call('got', 2, 3)], events: [summary('got', 2, 'success')] },
      forgotten: { calls: [call('got', 1, 3, '404')], events: [] },
    },
  },
  {
    name: 'axios-retry',
    failure: 'ERR_BAD_RESPONSE',
    resends: 14,
    maxAttemptsLater: true,
    more: {
      reset: resets('axios-retry', 'ECONNRESET', 'socket hang up', 'ECONNRESET', true),
      'not found': { calls: [call('axios-retry', 1, undefined, '404')], events: [] },
      'not idempotent': { calls: [post(['GET', { 'error.type': '500' }, ''])], events: [] },
      'of its own': {
        calls: [call('axios-retry', 1, 2, '500'), call('axios-retry', 2, 2, '500')],
        events: [summary('axios-retry', 2, 'failure', 'ERR_BAD_RESPONSE')],
      },
      'as a function': {
        calls: [call('axios-retry', 1, undefined, '503'), call('axios-retry', 2, 3)],
        events: [summary('axios-retry', 2, 'success')],
      },
      'not this one': { calls: [['GET', { 'error.type': '500' }, '']], events: [] },
      'the default one': {
        calls: [call('axios-retry', 1, undefined, '503'), call('axios-retry', 2, 2)],
        events: [summary('axios-retry', 2, 'success')],
      },
      'which error': {
        calls: [1, 2, 3].map((number) => call('axios-retry', number, number === 1 ? undefined : 3, '500')),
        events: [summary('axios-retry', 3, 'failure', 'ERR_BAD_RESPONSE')],
      },
      forgotten: { calls: [call('axios-retry', 1, undefined, '404')], events: [] },
    },
  },
  {
    name: 'p-retry',
    failure: 'Error',
    resends: 10,
    more: {
      aborted: {
        calls: [call('p-retry', 1, 3, '500'), call('p-retry', 2, 3, '404')],
        events: [summary('p-retry', 2, 'failure', 'AbortError')],
      },
      // It gave up although an attempt was left: the end of its caller says so.
      'not an error, later': { calls: [], events: [summary('p-retry', 2, 'failure', 'TypeError')] },
      'no promise': quiet,
      thenable: { calls: [], events: [summary('p-retry', 2, 'success')] },
      'no function': quiet,
      'no options': quiet,
      forgotten: quiet,
    },
  },
  {
    name: 'async-retry',
    failure: 'Error',
    resends: 9,
    more: {
      'bailed out': {
        calls: [call('async-retry', 1, 3, '500'), call('async-retry', 2, 3, '404')],
        events: [summary('async-retry', 2, 'failure', 'RangeError')],
      },
      'no promise': quiet,
      thenable: { calls: [], events: [summary('async-retry', 2, 'success')] },
      'no options': quiet,
      forgotten: quiet,
    },
  },
  {
    name: 'undici',
    failure: 'UND_ERR_REQ_RETRY',
    resends: 14,
    more: {
      reset: resets('undici', 'UND_ERR_SOCKET', 'other side closed', 'UND_ERR_SOCKET'),
      'not found': { calls: [call('undici', 1, 3, '404')], events: [] },
      'not idempotent': { calls: [post(['GET', { 'error.type': '500' }, ''])], events: [] },
      fetch: { calls: [call('undici', 1, 3, '503'), call('undici', 2, 3)], events: [summary('undici', 2, 'success')] },
      decided: {
        calls: [call('undici', 1, 3, '503'), call('undici', 2, 3, '503')],
        events: [summary('undici', 2, 'failure', 'UND_ERR_REQ_RETRY')],
      },
      // Dispatched by the chain of interceptors, before it is known that it may be retried.
      interceptor: {
        calls: [['GET', { 'error.type': '503' }, ''], call('undici', 2, 3)],
        events: [summary('undici', 2, 'success')],
      },
      // Its caller had ended by then.
      forgotten: { calls: [1, 2, 3].map((number) => call('undici', number, 3, '500')), events: [] },
    },
  },
];

let without: Played;
let traced: Played;
beforeAll(async () => {
  const server = await startFailingServer();
  const stage = openStage('retries', {}, server);
  // On Node 22, where contexts follow calls by other means than in the contracts.
  without = await stage.play('mjs', false, 22);
  traced = await stage.play('mjs', true, 22);
  stage.remove();
  await server.close();
});

it('is to an application, its services and their requests what it is without us', () => {
  expect(traced.log.map(withoutPort)).toEqual(without.log.map(withoutPort));
  expect(traced.requests).toEqual(without.requests);
  expect(traced.baggage.slice(0, 3)).toEqual([undefined, 'retry.upstream_attempts=2', 'retry.upstream_attempts=3']);
  expect(new Set(without.baggage)).toEqual(new Set([undefined]));
  expect(counted(traced.metrics, 'retry.resends')).toEqual(
    Object.fromEntries(CASES.map(({ name, resends }) => [name, resends])),
  );
});

describe.each(CASES)('$name', ({ name, more, failure, maxAttemptsLater }) => {
  const max = (number: number): number | undefined => (number === 1 && maxAttemptsLater ? undefined : 3);
  const attempt = (number: number, status?: string): Outlined => call(name, number, max(number), status);

  it('has its attempts on the calls, and their outcome on the caller', () => {
    const callers = Object.entries(outline(traced.spans))
      .filter(([caller]) => caller.startsWith(`${name}: `))
      .map(([caller, seen]) => [caller.slice(name.length + 2), seen]);
    const { 'two at once': both, ...others } = Object.fromEntries(callers) as Record<string, Caller>;
    expect(others).toEqual({
      'third time lucky': {
        calls: [attempt(1, '503'), attempt(2, '503'), attempt(3)],
        events: [summary(name, 3, 'success')],
      },
      'given up': {
        calls: [attempt(1, '500'), attempt(2, '500'), attempt(3, '500')],
        events: [summary(name, 3, 'failure', failure)],
      },
      'at once': { calls: [attempt(1)], events: [] },
      ...more,
    });
    // The second attempts begin in one millisecond.
    expect(both?.calls).toHaveLength(5);
    expect(both?.calls).toEqual(expect.arrayContaining([attempt(1, '503'), attempt(2, '503'), attempt(2), attempt(3)]));
    expect(both?.events).toEqual([summary(name, 2, 'success'), summary(name, 3, 'success')]);
  });
});

/** An attempt's span. */
function call(policy: string, number: number, of: number | undefined, type?: string, failure = ''): Outlined {
  const attributes = {
    'retry.attempt': number,
    'retry.policy': policy,
    ...(of !== undefined && { 'retry.max_attempts': of }),
    ...(number > 1 && { 'retry.delay_ms': 'number', 'http.request.resend_count': number - 1 }),
  };
  return type === undefined ? ['GET', attributes] : ['GET', { ...attributes, 'error.type': type }, failure];
}

function post([, ...rest]: Outlined): Outlined {
  return ['POST', ...rest] as Outlined;
}

function resets(policy: string, type: string, failure: string, summed: string, maxAttemptsLater = false): Caller {
  const calls = [1, 2, 3].map((number) =>
    call(policy, number, number === 1 && maxAttemptsLater ? undefined : 3, type, failure),
  );
  return { calls, events: [summary(policy, 3, 'failure', summed)] };
}

function summary(policy: string, attempts: number, outcome: string, type?: string): Record<string, unknown> {
  return {
    event: 'retry.summary',
    'retry.policy': policy,
    'retry.attempts': attempts,
    'retry.outcome': outcome,
    'retry.total_delay_ms': 'number',
    ...(type !== undefined && { 'error.type': type }),
  };
}

/** Messages of some libraries name the URL. */
function withoutPort(entry: unknown): unknown {
  return JSON.parse(JSON.stringify(entry).replaceAll(/127\.0\.0\.1:\d+/g, 'server'));
}
