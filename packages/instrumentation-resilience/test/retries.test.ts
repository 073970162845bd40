import { shows, versionOf } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFailingServer, type FailingServer } from './failing-server.ts';
import { counted, outline, type Caller, type Outlined } from './outline.ts';
import { LOADED, openStage, WAYS, type Played, type Stage } from './scenario.ts';

interface Case {
  name: 'got' | 'axios-retry' | 'p-retry' | 'async-retry' | 'undici';
  libraries: Record<string, string>[];
  /** What the scenario of this library shows beside what all of them do. */
  more: Record<string, Caller>;
  /** Attempts beyond the first, in all. */
  resends: number;
  /** `error.type` of a summary after a 5xx. */
  failure: string;
  /** What the library tells only when an attempt has failed. */
  maxAttemptsLater?: boolean;
  /** `error.type` and message of a call's span after a 5xx, where the library itself ends the call. */
  ofCall?: (status: string) => [type: string, failure: string];
}

const quiet: Caller = { calls: [], events: [] };

const CASES: Case[] = [
  {
    name: 'got',
    libraries: [{ got: 'got' }, { got: 'got-14' }],
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
    libraries: [
      { 'axios-retry': 'axios-retry', axios: 'axios' },
      { 'axios-retry': 'axios-retry-3', axios: 'axios-0' },
    ],
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
    libraries: [{ 'p-retry': 'p-retry' }, { 'p-retry': 'p-retry-4-0' }, { 'p-retry': 'p-retry-4' }],
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
    libraries: [{ 'async-retry': 'async-retry' }, { 'async-retry': 'async-retry-1-2' }],
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
  undiciCase('undici', (status) => [status, '']),
  // The response is let go of by an error.
  undiciCase('undici-6-21', () => ['UND_ERR_REQ_RETRY', 'Request failed']),
];

let server: FailingServer;
beforeAll(async () => {
  server = await startFailingServer();
});
afterAll(() => server.close());

describe.each(CASES)('$name', ({ name, libraries, more, resends, failure, maxAttemptsLater, ofCall }) => {
  const max = (number: number): number | undefined => (number === 1 && maxAttemptsLater ? undefined : 3);
  const attempt = (number: number, status?: string): Outlined =>
    status === undefined
      ? call(name, number, max(number))
      : call(name, number, max(number), ...(ofCall?.(status) ?? ([status, ''] as const)));

  describe.each(libraries)('%j', (installed) => {
    let stage: Stage;
    let without: Played;
    beforeAll(async () => {
      stage = openStage(name, installed, server);
      without = await stage.play('cjs', false);
      return () => stage.remove();
    });

    it.each(WAYS)(`${Object.values(installed).map(versionOf).join(' over ')}, %s on Node %i`, async (loader, node) => {
      shows(name, ['attempt or hit', LOADED[loader]], versionOf(installed[name]!));
      const { log, requests, baggage, spans, metrics } = await stage.play(loader, true, node);
      expect({ log: log.map(withoutPort), requests }).toEqual({
        log: without.log.map(withoutPort),
        requests: without.requests,
      });

      const { 'two at once': both, ...told } = outline(spans);
      expect(told).toEqual({
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
      expect(both?.calls).toEqual(
        expect.arrayContaining([attempt(1, '503'), attempt(2, '503'), attempt(2), attempt(3)]),
      );
      expect(both?.events).toEqual([summary(name, 2, 'success'), summary(name, 3, 'success')]);

      expect(counted(metrics, 'retry.resends')).toEqual({ [name]: resends });
      expect(baggage.slice(0, 3)).toEqual([undefined, 'retry.upstream_attempts=2', 'retry.upstream_attempts=3']);
      expect(without.baggage.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    });
  });
});

function undiciCase(alias: string, ofCall: NonNullable<Case['ofCall']>): Case {
  const name = 'undici';
  const failing = (number: number, status: string): Outlined => call(name, number, 3, ...ofCall(status));
  return {
    name,
    libraries: [{ undici: alias }],
    failure: 'UND_ERR_REQ_RETRY',
    resends: 14,
    ofCall,
    more: {
      reset: resets(name, 'UND_ERR_SOCKET', 'other side closed', 'UND_ERR_SOCKET'),
      'not found': { calls: [call(name, 1, 3, '404')], events: [] },
      'not idempotent': { calls: [post(['GET', { 'error.type': ofCall('500')[0] }, ofCall('500')[1]])], events: [] },
      fetch: { calls: [failing(1, '503'), call(name, 2, 3)], events: [summary(name, 2, 'success')] },
      decided: {
        calls: [failing(1, '503'), failing(2, '503')],
        events: [summary(name, 2, 'failure', 'UND_ERR_REQ_RETRY')],
      },
      // Dispatched by the chain of interceptors, before anybody knows that it may be retried.
      interceptor: {
        calls: [['GET', { 'error.type': ofCall('503')[0] }, ofCall('503')[1]], call(name, 2, 3)],
        events: [summary(name, 2, 'success')],
      },
      // Its caller had ended by then.
      forgotten: { calls: [1, 2, 3].map((number) => failing(number, '500')), events: [] },
    },
  };
}

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
