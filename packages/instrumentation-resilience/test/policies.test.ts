import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFailingServer, type FailingServer } from './failing-server.ts';
import { counted } from './outline.ts';
import { openStage, WAYS, type Played, type Stage } from './scenario.ts';

let server: FailingServer;
let stage: Stage;
beforeAll(async () => {
  server = await startFailingServer();
  stage = openStage('policies', { got: 'got', 'p-retry': 'p-retry', opossum: 'opossum' }, server);
});
afterAll(async () => {
  stage.remove();
  await server.close();
});

/** Of each call below a caller, in the order in which they ended: attempt, policy, resends. */
function callsOf({ spans }: Played, name: string): unknown[] {
  const caller = spans.find((span) => span.name === name)!;
  return spans
    .filter(({ kind, parentSpanId }) => kind === 'CLIENT' && parentSpanId === caller.spanId)
    .map(({ attributes }) => [
      attributes['retry.attempt'],
      attributes['retry.policy'],
      attributes['http.request.resend_count'],
    ]);
}

function decisionsOf({ spans }: Played, name: string): unknown[] {
  const caller = spans.find((span) => span.name === name)!;
  return spans
    .filter(({ kind, parentSpanId }) => kind === 'INTERNAL' && parentSpanId === caller.spanId)
    .map((span) => [span.name, span.attributes['circuitbreaker.outcome'], span.attributes['error.type'], span.status]);
}

it.each(WAYS)('policies in one another and loops around them, %s on Node %i', async (loader, node) => {
  const without = await stage.play(loader, false, node);
  const played = await stage.play(loader, true, node);
  expect(played.log).toEqual(without.log);

  // `retry.attempt` is the innermost policy's; `resend_count` and the baggage are the operation's.
  const got = [1, 2, 3, 1, 2, 3].map((attempt, i) => [attempt, 'got', i || undefined]);
  expect(callsOf(played, 'nested')).toEqual(got);
  expect(played.baggage.slice(0, 6)).toEqual([
    undefined,
    ...[2, 3, 4, 5, 6].map((count) => `retry.upstream_attempts=${count}`),
  ]);
  const loop = [
    [undefined, undefined, undefined],
    [2, 'loop', 1],
    [3, 'loop', 2],
  ];
  expect(callsOf(played, 'loop around got.post')).toEqual([...loop, [4, 'loop', 3]]);
  expect(callsOf(played, 'loop around got')).toEqual(got.slice(0, 5));
  expect(callsOf(played, 'loop around one attempt')).toEqual(loop);

  const polls = played.requests.filter((request) => request === 'GET /status/200').length;
  expect(polls).toBeGreaterThan(0);
  expect(played.baggage.filter((baggage) => baggage === 'retry.upstream_attempts=2')).toHaveLength(2);

  const error = { code: 'ERROR', message: 'no answer' };
  expect(decisionsOf(played, 'fallback fails')).toEqual([['breaker pay fallback', 'failure', 'RangeError', error]]);
  expect(decisionsOf(played, 'fallback fails while open')).toEqual([
    ['breaker pay open', 'failure', 'RangeError', error],
  ]);
  expect(counted(played.metrics, 'circuitbreaker.calls')).toEqual({
    'pay failure': 3,
    'shared success': 3,
    'cached success': 2,
  });
});
