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

describe.each(['opossum', 'opossum-6'])('%s', (alias) => {
  let stage: Stage;
  let without: Played;
  beforeAll(async () => {
    stage = openStage('opossum', { opossum: alias }, server);
    without = await stage.play('cjs', false);
    return () => stage.remove();
  });

  it.each(WAYS)(`${versionOf(alias)}, %s on Node %i`, async (loader, node) => {
    shows('opossum', ['state', 'parent', LOADED[loader]], versionOf(alias));
    const { log, requests, spans, metrics } = await stage.play(loader, true, node);
    expect({ log, requests }).toEqual({ log: without.log, requests: without.requests });

    const caller = (name: string) => spans.find((span) => span.scope === 'test' && span.name === name)!.spanId;
    const refusal = spans.find(({ parentSpanId }) => parentSpanId === caller('refused'))!;
    expect(refusal.links.map(({ spanId }) => spanId)).toEqual([caller('opens')]);
    expect(spans.find(({ name }) => name === 'answered by a call')!.attributes).toMatchObject({
      'degraded.mode': 'fallback',
      'degraded.feature': 'spare',
    });
    expect(outline(spans)).toEqual({
      works: { calls: [get('payments', 'closed')], events: [] },
      fails: { calls: [failing('payments', 'closed')], events: [] },
      opens: { calls: [failing('payments', 'closed')], events: [transition('payments', 'closed', 'open', 'failures')] },
      refused: {
        calls: [decision('payments', 'open', 'rejected', 'open', 'EOPENBREAKER', 'Breaker is open')],
        events: [],
      },
      // The timer that half-opened it ran in the context of 'opens'.
      probe: {
        calls: [get('payments', 'half_open')],
        events: [
          transition('payments', 'open', 'half_open', 'reset_timeout'),
          transition('payments', 'half_open', 'closed', 'probe'),
        ],
      },
      'not the probe': {
        calls: [decision('payments', 'open', 'rejected', 'half_open', 'EOPENBREAKER', 'Breaker is open')],
        events: [],
      },
      'too slow': {
        calls: [
          get('slow', 'closed'),
          decision('slow', 'timeout', 'timeout', 'closed', 'ETIMEDOUT', 'Timed out after 30ms'),
        ],
        events: [],
      },
      'too slow, answered': {
        calls: [get('slow', 'closed'), answered('slow', 'timeout', 'closed', 'ETIMEDOUT')],
        events: [],
      },
      'the one': { calls: [get('full', 'closed')], events: [] },
      'one too many': {
        calls: [
          decision('full', 'full', 'rejected', 'closed', 'ESEMLOCKED', 'Semaphore locked', {
            'pool.used': 1,
            'pool.limit': 1,
            'pool.holder.held_ms': 'number',
            'pool.holder.operation': 'the one',
            'pool.holder.trace_id': expect.any(String),
          }),
        ],
        events: [],
      },
      'answered by a call': {
        calls: [
          failing('spare', 'closed'),
          get('spare', 'closed', { 'circuitbreaker.outcome': 'fallback' }),
          answered('spare', 'fallback', 'closed', 'Error'),
        ],
        events: [],
      },
      'answered while open': {
        calls: [
          get('spare', 'open', { 'circuitbreaker.outcome': 'fallback' }),
          answered('spare', 'open', 'open', 'EOPENBREAKER'),
        ],
        events: [transition('spare', 'closed', 'open', 'forced')],
      },
      'no answer': {
        calls: [decision('spare', 'open', 'failure', 'open', 'RangeError', 'no fallback either')],
        events: [],
      },
      thrown: { calls: [], events: [] },
      this: { calls: [], events: [] },
      'breaker behind breaker': {
        calls: [
          answered(undefined, 'fallback', 'closed', 'TypeError'),
          answered('other', 'fallback', 'closed', 'Error'),
        ],
        events: [transition('other', 'closed', 'open', 'failures')],
      },
      disabled: { calls: [], events: [] },
      forgotten: { calls: [], events: [] },
    });

    expect(counted(metrics, 'circuitbreaker.calls')).toEqual({
      'payments success': 2,
      'payments failure': 2,
      'payments rejected': 2,
      'slow timeout': 1,
      'slow fallback': 1,
      'full success': 1,
      'full rejected': 1,
      'spare fallback': 2,
      'spare failure': 1,
      failure: 1,
      success: 1,
      fallback: 1,
      'other fallback': 1,
      'forgotten failure': 1,
    });
    expect(counted(metrics, 'circuitbreaker.transitions')).toEqual({
      'payments open': 1,
      'payments half_open': 1,
      'payments closed': 1,
      'spare open': 1,
      'other open': 1,
      'forgotten open': 1,
    });
  });
});

function get(name: string, state: string, more: Record<string, unknown> = {}): Outlined {
  return ['GET', { 'circuitbreaker.name': name, 'circuitbreaker.state': state, ...more }];
}

function failing(name: string, state: string): Outlined {
  return ['GET', { 'circuitbreaker.name': name, 'circuitbreaker.state': state, 'error.type': '500' }, ''];
}

function decision(
  name: string,
  why: string,
  outcome: string,
  state: string,
  type: string,
  failure: string,
  more: Record<string, unknown> = {},
): Outlined {
  const attributes = { 'circuitbreaker.name': name, 'circuitbreaker.outcome': outcome, 'circuitbreaker.state': state };
  return [`breaker ${name} ${why}`, { ...attributes, 'error.type': type, ...more }, failure];
}

function answered(name: string | undefined, why: string, state: string, reason: string): Outlined {
  const attributes = {
    ...(name !== undefined && { 'circuitbreaker.name': name }),
    'circuitbreaker.outcome': 'fallback',
    'circuitbreaker.state': state,
  };
  return [['breaker', name, why].filter(Boolean).join(' '), { ...attributes, 'fallback.reason': reason }];
}

function transition(name: string, from: string, to: string, reason: string): Record<string, unknown> {
  return {
    event: 'circuitbreaker.transition',
    'circuitbreaker.name': name,
    'circuitbreaker.previous_state': from,
    'circuitbreaker.state': to,
    'circuitbreaker.reason': reason,
  };
}
