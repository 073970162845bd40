import { shows } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFailingServer, type FailingServer } from './failing-server.ts';
import { counted, outline, type Outlined } from './outline.ts';
import { LOADED, openStage, WAYS, type Stage } from './scenario.ts';

let server: FailingServer;
let stage: Stage;
beforeAll(async () => {
  server = await startFailingServer();
  stage = openStage('breaker', {}, server);
});
afterAll(async () => {
  stage.remove();
  await server.close();
});

const inside = { 'circuitbreaker.name': 'payments', 'circuitbreaker.state': 'closed' };
const failing: Outlined = ['GET', { ...inside, 'error.type': '500' }, ''];

it.each(WAYS)('a breaker written by hand, %s on Node %i', async (loader, node) => {
  shows('foreshock-breaker', ['state', LOADED[loader]]);
  const without = await stage.play(loader, false, node);
  const { log, requests, spans, metrics } = await stage.play(loader, true, node);
  expect({ log, requests }).toEqual({ log: without.log, requests: without.requests });
  expect(outline(spans)).toEqual({
    works: { calls: [['GET', inside]], events: [] },
    fails: { calls: [failing], events: [] },
    opens: {
      calls: [failing],
      events: [
        {
          event: 'circuitbreaker.transition',
          'circuitbreaker.name': 'payments',
          'circuitbreaker.previous_state': 'closed',
          'circuitbreaker.state': 'open',
        },
      ],
    },
    refused: {
      calls: [
        [
          'breaker payments open',
          {
            'circuitbreaker.name': 'payments',
            'circuitbreaker.state': 'open',
            'circuitbreaker.outcome': 'rejected',
            'error.type': 'RangeError',
          },
          'open',
        ],
      ],
      events: [],
    },
  });
  expect(counted(metrics, 'circuitbreaker.transitions')).toEqual({ 'payments open': 1 });
});
