import { describe, expect, it } from 'vitest';
import { attributes, request, sharedViewer, span, times } from './viewer.ts';

/** Three traces: 1 is quick, 2 is slow and waits for a pool, 3 fails in a second service. */
const shared = sharedViewer(async (viewer) => {
  await viewer.send(
    span(1, 1, attributes({ 'http.route': '/orders', 'http.response.status_code': 200, 'cache.hit': true })),
    span(2, 1, { ...times(2, 1_500), ...attributes({ 'http.route': '/orders', tenant: `o'brien "x" 50%_` }) }),
    span(2, 2, {
      kind: 1,
      name: 'pool.acquire orders',
      parentSpanId: '0000000000000001',
      ...attributes({ 'pool.wait_ms': 1_200.5 }),
    }),
    span(3, 1, { name: 'POST /checkout' }),
  );
  const failing = span(3, 2, {
    name: 'charge',
    parentSpanId: '0000000000000001',
    status: { code: 2, message: 'card declined' },
    events: [
      { timeUnixNano: '1790000003000000000', name: 'exception', ...attributes({ 'exception.type': 'CardError' }) },
    ],
  });
  await viewer.post('/v1/traces', request([failing], 'payments'));
});

describe('a search', () => {
  it.each([
    ['', [3, 2, 1]],
    ['http.route=/orders', [2, 1]],
    ['http.response.status_code=200', [1]],
    ['http.response.status_code!=200 name:orders', [2]],
    ['cache.hit=true', [1]],
    ['pool.wait_ms>1000', [2]],
    ['pool.wait_ms>=1200.5', [2]],
    ['pool.wait_ms<1000', []],
    ['service.name=payments', [3]],
    ['exception.type=CardError', [3]],
    ['service:payments', [3]],
    ['service:PAYMENTS error', [3]],
    // Of one span; the two sides of & may be two.
    ['service:orders error', []],
    ['service:orders & error', [3]],
    ['error', [3]],
    ['name:checkout', [3]],
    ['name:"post /check"', [3]],
    ['duration>1s', [2]],
    ['duration<=10ms', [3, 2, 1]],
    ['declined', [3]],
    ['"card declined"', [3]],
    ['GET /orders', [2, 1]],
    [`tenant="o'brien \\"x\\" 50%_"`, [2]],
    ['"50%_"', [2]],
    ['50%%', []],
    [`' OR 1=1 --`, []],
    [`x'); DROP TABLE spans; --`, []],
    ['nosuchkey=1', []],
    ['00000000000000000000000000000002', [2]],
  ])('%s', async (q, traces) => {
    const viewer = shared();
    const found = await viewer.api(`traces?q=${encodeURIComponent(q)}`);
    expect(found.error).toBeUndefined();
    expect(found.traces.map(({ traceId }: any) => Number.parseInt(traceId, 16))).toEqual(traces);
  });

  it.each([
    ['duration>soon', 'duration>soon: a length of time such as 100ms, 1.5s or 2m is needed.'],
    ['pool.wait_ms>x', 'pool.wait_ms>x: after > comes a number.'],
    ['x'.repeat(3_000), 'The search is longer than 2000 characters.'],
  ])('that is not understood says why: %s', async (q, error) => {
    const viewer = shared();
    expect(await viewer.api(`traces?q=${encodeURIComponent(q)}`)).toEqual({
      seq: expect.any(Number),
      traces: [],
      next: null,
      error,
    });
  });
});

it('goes on where it ended, and is bounded by times', async () => {
  const viewer = shared();
  const first = await viewer.api('traces?limit=2');
  expect(first.traces).toHaveLength(2);
  const second = await viewer.api(`traces?limit=2&before=${first.next}`);
  expect(second.traces.map(({ traceId }: any) => Number.parseInt(traceId, 16))).toEqual([1]);
  expect(second.next).toBeNull();
  const window = await viewer.api('traces?from=1790000001500&to=1790000002500');
  expect(window.traces).toMatchObject([
    {
      service: 'orders',
      name: 'GET /orders',
      durationMs: 1_500,
      spans: 2,
      waits: 1,
      waitMs: 1_200.5,
      services: ['orders'],
    },
  ]);
});

it('is completed by names and values of attributes', async () => {
  const viewer = shared();
  expect(await viewer.api('attributes?prefix=http.')).toEqual({ keys: ['http.route', 'http.response.status_code'] });
  expect(await viewer.api('attributes/http.route/values')).toEqual({ values: ['/orders'] });
  expect(await viewer.api('attributes/cache.hit/values')).toEqual({ values: ['true'] });
});
