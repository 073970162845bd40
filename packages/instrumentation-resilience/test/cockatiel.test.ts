import { shows, versionOf } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFailingServer, type FailingServer } from './failing-server.ts';
import { counted, outline, type Outlined } from './outline.ts';
import { LOADED, openStage, WAYS, type Played, type Stage } from './scenario.ts';

let server: FailingServer;
beforeAll(async () => {
  server = await startFailingServer();
});
afterAll(() => server.close());

describe.each(['cockatiel', 'cockatiel-3'])('%s', (alias) => {
  let stage: Stage;
  let without: Played;
  beforeAll(async () => {
    stage = openStage('cockatiel', { cockatiel: alias }, server);
    without = await stage.play('cjs', false);
    return () => stage.remove();
  });

  it.each(WAYS)(`${versionOf(alias)}, %s on Node %i`, async (loader, node) => {
    shows('cockatiel', ['state', 'parent', 'attempt or hit', LOADED[loader]], versionOf(alias));
    const { log, requests, spans, metrics } = await stage.play(loader, true, node);
    expect({ log, requests }).toEqual({ log: without.log, requests: without.requests });
    expect(outline(spans)).toEqual({
      works: { calls: [inside('payments', 'closed')], events: [] },
      fails: { calls: [failing(inside('payments', 'closed'), '500')], events: [] },
      opens: {
        calls: [failing(inside('payments', 'closed'), '500')],
        events: [transition('payments', 'closed', 'open', 'failures')],
      },
      refused: { calls: [refused('payments', 'BrokenCircuitError')], events: [] },
      probe: {
        calls: [inside('payments', 'half_open')],
        events: [
          transition('payments', 'open', 'half_open', 'reset_timeout'),
          transition('payments', 'half_open', 'closed', 'probe'),
        ],
      },
      'after the probe': { calls: [inside('payments', 'closed')], events: [] },
      isolated: {
        calls: [refused('payments', 'IsolatedCircuitError')],
        events: [transition('payments', 'closed', 'open', 'forced')],
      },

      'third time lucky': {
        calls: [failing(attempt(1, 3), '503'), failing(attempt(2, 3), '503'), attempt(3, 3)],
        events: [summary(3, 'success')],
      },
      'given up': {
        calls: [failing(attempt(1, 3), '500'), failing(attempt(2, 3), '500'), failing(attempt(3, 3), '500')],
        events: [summary(3, 'failure', 'Error')],
      },
      'at once': { calls: [attempt(1, 3)], events: [] },
      'not handled': { calls: [], events: [summary(2, 'failure', 'TypeError')] },
      'by result': { calls: [failing(attempt(1, 6), '503'), attempt(2, 6)], events: [summary(2, 'success')] },

      'too slow': { calls: [timedOut], events: [] },
      'asked to stop': { calls: [timedOut], events: [] },
      'in time': { calls: [], events: [] },
      'stopped by the caller': { calls: [], events: [] },

      first: { calls: [['GET', {}]], events: [] },
      // Run by the first when it had finished, and still in the trace of its own caller.
      second: { calls: [['GET', {}]], events: [] },
      third: {
        calls: [
          [
            'bulkhead narrow full',
            {
              'bulkhead.name': 'narrow',
              'bulkhead.outcome': 'rejected',
              'error.type': 'BulkheadRejectedError',
              'pool.used': 1,
              'pool.limit': 1,
              'pool.pending': 1,
            },
            '',
          ],
        ],
        events: [],
      },

      instead: { calls: [failing(['GET', {}], '500'), answered('Error')], events: [] },
      'not needed': { calls: [['GET', {}]], events: [] },
      'fallback fails': {
        calls: [
          failing(['GET', {}], '500'),
          ['fallback', { 'fallback.outcome': 'failure', 'error.type': 'RangeError' }, 'no answer'],
        ],
        events: [],
      },
      'all of them': {
        calls: [
          failing(inside(undefined, 'closed', attempt(1, 3)), '500'),
          failing(inside(undefined, 'closed', attempt(2, 3)), '500'),
          refused(undefined, 'BrokenCircuitError', {
            'retry.attempt': 3,
            'retry.policy': 'cockatiel',
            'retry.max_attempts': 3,
            'retry.delay_ms': 'number',
          }),
          answered('BrokenCircuitError'),
        ],
        events: [transition(undefined, 'closed', 'open', 'failures'), summary(3, 'failure', 'BrokenCircuitError')],
      },
      forgotten: { calls: [], events: [] },
      'forgotten too': { calls: [refused(undefined, 'BrokenCircuitError')], events: [] },
    });

    expect(counted(metrics, 'circuitbreaker.calls')).toEqual({
      'payments success': 3,
      'payments failure': 2,
      'payments rejected': 2,
      failure: 3,
      rejected: 2,
    });
    expect(counted(metrics, 'circuitbreaker.transitions')).toEqual({
      'payments open': 2,
      'payments half_open': 1,
      'payments closed': 2,
      open: 1,
    });
    expect(counted(metrics, 'retry.resends')).toEqual({ cockatiel: 8 });
  });
});

const timedOut: Outlined = ['timeout', { 'timeout.outcome': 'timeout', 'error.type': 'timeout' }, ''];

function named(name: string | undefined): Record<string, unknown> {
  return name === undefined ? {} : { 'circuitbreaker.name': name };
}

function inside(name: string | undefined, state: string, [span, attributes]: Outlined = ['GET', {}]): Outlined {
  return [span, { ...attributes, ...named(name), 'circuitbreaker.state': state }];
}

function attempt(number: number, of: number): Outlined {
  return [
    'GET',
    {
      'retry.attempt': number,
      'retry.policy': 'cockatiel',
      'retry.max_attempts': of,
      ...(number > 1 && { 'retry.delay_ms': 'number', 'http.request.resend_count': number - 1 }),
    },
  ];
}

function failing([name, attributes]: Outlined, type: string): Outlined {
  return [name, { ...attributes, 'error.type': type }, ''];
}

function refused(name: string | undefined, type: string, more: Record<string, unknown> = {}): Outlined {
  const attributes = {
    ...named(name),
    'circuitbreaker.outcome': 'rejected',
    'circuitbreaker.state': 'open',
  };
  return [
    name === undefined ? 'breaker open' : `breaker ${name} open`,
    { ...attributes, 'error.type': type, ...more },
    '',
  ];
}

function answered(reason: string): Outlined {
  const attributes = { 'fallback.outcome': 'fallback', 'fallback.reason': reason };
  return ['fallback', attributes];
}

function transition(name: string | undefined, from: string, to: string, reason: string): Record<string, unknown> {
  return {
    event: 'circuitbreaker.transition',
    ...named(name),
    'circuitbreaker.previous_state': from,
    'circuitbreaker.state': to,
    'circuitbreaker.reason': reason,
  };
}

function summary(attempts: number, outcome: string, type?: string): Record<string, unknown> {
  return {
    event: 'retry.summary',
    'retry.policy': 'cockatiel',
    'retry.attempts': attempts,
    'retry.outcome': outcome,
    'retry.total_delay_ms': 'number',
    ...(type !== undefined && { 'error.type': type }),
  };
}
