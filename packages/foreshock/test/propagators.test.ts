import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const OURS = ['traceparent', 'tracestate', 'baggage', 'x-trace-id', 'b3', 'x-b3-traceid'];

/** Which of the headers are sent on, whether the answer names the trace, and whose trace it is. */
async function hop(propagators: string | undefined, headers: Record<string, string>) {
  const app = await runFixture(new URL('./fixtures/hop.cjs', import.meta.url), {
    collector,
    env: { OTEL_PROPAGATORS: propagators },
  });
  const { port } = await app.ready;
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
  const sent = (await response.json()) as Record<string, string>;
  const { stderr } = await app.stop();
  expect(stderr).toBe('');
  return {
    sent: OURS.filter((name) => sent[name] !== undefined),
    answered: response.headers.get('x-trace-id'),
    isContinued: Object.values(sent).some((value) => value.includes(TRACE)),
  };
}

it.each([
  // As by default.
  [undefined, ['traceparent', 'x-trace-id'], TRACE],
  ['tracecontext,baggage,x-trace-id', ['traceparent', 'x-trace-id'], TRACE],
  ['tracecontext', ['traceparent'], null],
  ['x-trace-id', ['x-trace-id'], TRACE],
  ['b3', ['b3'], null],
  ['none', [], null],
])('OTEL_PROPAGATORS=%s', async (propagators, sent, answered) => {
  const incoming = {
    traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
    'x-trace-id': TRACE,
    b3: `${TRACE}-b7ad6b7169203331-1`,
  };
  expect(await hop(propagators, incoming)).toEqual({ sent, answered, isContinued: sent.length > 0 });
});
