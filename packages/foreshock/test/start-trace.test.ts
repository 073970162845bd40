import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url);
let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(() => collector.close());

/** Each span, with the name of its parent. */
async function tree(how: string, preload: 'require' | 'import' = 'require') {
  const env = { OTEL_SERVICE_NAME: 'shop' };
  const { code, stderr } = await (
    await runFixture(fixture('start.mjs'), { collector, preload, env, args: [how] })
  ).exited;
  expect([code, stderr]).toEqual([0, '']);
  const { spans } = collector;
  const nameOf = (id: string) => spans.find(({ spanId }) => spanId === id)?.name ?? '';
  return Object.fromEntries(
    spans.map(({ name, kind, parentSpanId }) => [kind === 'INTERNAL' ? name : `${kind} ${name}`, nameOf(parentSpanId)]),
  );
}
const start = () => collector.spans.find(({ name }) => name === 'start shop');

it.each(['require', 'import'] as const)(
  'puts what runs before the server listens into one trace, by --%s',
  async (preload) => {
    expect(await tree('serve', preload)).toEqual({
      'start shop': '',
      'migration 1': 'start shop',
      'migration 2': 'start shop',
      statement: 'migration 2',
      'of another trace': '',
      'just after': 'start shop',
      'CLIENT GET': 'start shop',
      'SERVER GET': 'GET',
      query: 'GET',
      'next turn': 'start shop',
    });
    const { attributes, startTime, durationMs, status } = start()!;
    expect(attributes).toEqual({ 'start.ready_ms': expect.any(Number), 'start.ready_by': 'listening' });
    expect(status.code).toBe('UNSET');
    expect(Math.abs(durationMs - (attributes['start.ready_ms'] as number))).toBeLessThanOrEqual(1);
    expect(startTime).toBeLessThan(collector.spans.find(({ name }) => name === 'migration 1')!.startTime);
  },
);

it('ends with the process where nothing is served, and is not said to be interrupted', async () => {
  expect(await tree('script')).toEqual({
    'start shop': '',
    'migration 1': 'start shop',
    'migration 2': 'start shop',
    statement: 'migration 2',
    'of another trace': '',
  });
  // A pause of the collector may have been long.
  expect(start()!.attributes).toEqual({});
  const last = Math.max(
    ...collector.spans.filter(({ traceId }) => traceId === start()!.traceId).map(({ endTime }) => endTime),
  );
  expect(start()!.endTime).toBeCloseTo(last, 0);
});
