import { describe, expect, it } from 'vitest';
import { answerOf, foreshock } from './foreshock.ts';
import { lines, type Made, T0, traceOf } from './incident.ts';

const SECOND = 1_000;
const iso = (seconds: number): string => new Date(T0 + seconds * SECOND).toISOString();

/** Ten requests a second for a minute; what they look like may depend on the second. */
function minute(request: (second: number, i: number) => Made): Buffer {
  return lines(Array.from({ length: 600 }, (_, i) => traceOf(i * 100, request(i / 10, i))));
}

/** `GET /cart` of `shop`, which asks `stock` over HTTP; `stock` asks Postgres. */
function cart({ queryMs = 3, gapMs = 1, stockMs = 2, queries = 1 } = {}, i = 0): Made {
  const jitter = (i * 7) % 5;
  const inStock = stockMs + jitter + queries * queryMs;
  return {
    service: 'shop',
    name: 'GET /cart',
    kind: 'SERVER',
    at: 0,
    ms: inStock + gapMs + 4,
    children: [
      {
        service: 'shop',
        name: 'GET',
        kind: 'CLIENT',
        at: 2,
        ms: inStock + gapMs,
        children: [
          {
            service: 'stock',
            name: 'GET /stock/:sku',
            kind: 'SERVER',
            at: 2 + gapMs / 2,
            ms: inStock,
            children: Array.from({ length: queries }, (_, at) => ({
              service: 'stock',
              name: 'SELECT stock',
              kind: 'CLIENT' as const,
              at: 2 + gapMs / 2 + 1 + at * queryMs,
              ms: queryMs,
              attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'stock' },
            })),
          },
        ],
      },
    ],
  };
}

const during = (second: number): boolean => second >= 40 && second < 50;

describe('one cause', () => {
  it('is the blocked event loop of a service, on its spans and before them, and no network', async () => {
    const answer = await answerOf(
      ['-'],
      minute((second, i) => {
        // Its request is read when the block of another one ends.
        const made = cart({ gapMs: during(second) ? 300 : 1 }, i);
        if (during(second)) made.children![0]!.children![0]!.attributes = { 'event_loop.blocked_before_ms': 290 };
        return made;
      }),
    );
    expect(answer).toMatchObject({
      verdict: 'shown',
      causes: [{ kind: 'event_loop_blocked', service: 'stock', resource: null }],
    });
  });

  it('is the database where its queries became slow', async () => {
    const answer = await answerOf(
      ['-'],
      minute((second, i) => cart({ queryMs: during(second) ? 300 : 3 }, i)),
    );
    expect(answer).toMatchObject({
      verdict: 'shown',
      causes: [
        {
          kind: 'slow_dependency',
          service: 'stock',
          resource: 'postgresql stock',
          operation: 'SELECT stock',
          requests: 100,
        },
      ],
      path: [
        { from: { service: 'stock', resource: 'postgresql stock' }, to: { service: 'stock' }, by: 'call' },
        { from: { service: 'stock' }, to: { service: 'shop' }, by: 'call' },
      ],
      impact: [{ service: 'shop', route: 'GET /cart', slow: 100, failed: 0 }],
    });
    expect(Math.abs(Date.parse(answer.causes[0]!.onset!.at) - (T0 + 40 * SECOND))).toBeLessThanOrEqual(100);
  });

  it('says how many were answered worse than usual on purpose, by a span of the service itself', async () => {
    const answer = await answerOf(
      ['-'],
      minute((second, i) => {
        const made = cart({ queryMs: during(second) ? 300 : 3 }, i);
        if (during(second) && i % 2 === 0) made.attributes = { 'degraded.mode': 'stale', 'degraded.feature': 'prices' };
        return made;
      }),
    );
    expect(answer.impact).toMatchObject([{ service: 'shop', route: 'GET /cart', slow: 100, degraded: 50 }]);
    expect(answer.text).toContain(', 50 degraded on purpose, p95');
  });

  it('is the way between two services where time is lost between their spans', async () => {
    const answer = await answerOf(
      ['-'],
      minute((second, i) => cart({ gapMs: during(second) ? 400 : 1 }, i)),
    );
    expect(answer).toMatchObject({ verdict: 'likely', causes: [{ kind: 'network_slow', service: 'stock' }] });
  });

  it('is who makes more calls, not who is called', async () => {
    const data = minute((second, i) => cart({ queries: second >= 30 ? 20 : 1 }, i));
    const args = ['--before', `${iso(0)}..${iso(29)}`, '--after', `${iso(31)}..${iso(60)}`, '-'];
    const answer = await answerOf(args, data);
    expect(answer).toMatchObject({
      causes: [{ kind: 'more_calls', service: 'stock', resource: 'postgresql stock' }],
      changes: expect.arrayContaining([
        expect.objectContaining({ what: 'more_calls', service: 'stock', before: 1, after: 20 }),
      ]),
    });
  });

  it('is whoever refused a connection', async () => {
    const refused = (): Made => ({
      service: 'shop',
      name: 'GET /cart',
      kind: 'SERVER',
      at: 0,
      ms: 5,
      error: '500',
      children: [
        {
          service: 'shop',
          name: 'GET',
          kind: 'CLIENT',
          at: 2,
          ms: 1,
          error: 'ECONNREFUSED',
          attributes: { 'server.address': 'stock', 'server.port': 80 },
        },
      ],
    });
    const answer = await answerOf(
      ['-'],
      minute((second, i) => (during(second) ? refused() : cart({}, i))),
    );
    expect(answer).toMatchObject({
      verdict: 'shown',
      causes: [{ kind: 'dependency_unreachable', service: 'shop', resource: 'stock:80', requests: 100 }],
      impact: [{ failed: 100 }],
      whatIf: [{ failed: 0 }],
    });
    // Without the refusals the requests had not ended after 5 ms, but taken what they take.
    expect(answer.whatIf[0]?.p95Ms).toBeGreaterThanOrEqual(answer.impact[0]?.baselineP95Ms ?? Number.NaN);
  });
});

describe('no cause', () => {
  it('where all is as ever', async () => {
    expect(
      await answerOf(
        ['-'],
        minute((_, i) => cart({}, i)),
      ),
    ).toMatchObject({ status: 0, verdict: 'healthy', causes: [] });
  });

  it('where only the mix of routes changes', async () => {
    const report: Made = { service: 'shop', name: 'GET /report', kind: 'SERVER', at: 0, ms: 900 };
    const answer = await answerOf(
      ['-'],
      minute((second, i) => (i % (during(second) ? 2 : 6) === 0 ? report : cart({}, i))),
    );
    expect(answer).toMatchObject({ verdict: 'healthy', causes: [] });
  });

  it('where there are a handful of requests', async () => {
    const few = lines([1, 2, 3].map((at) => traceOf(at * 100, cart({}, at))));
    expect(await answerOf(['-'], few)).toMatchObject({ status: 3, verdict: 'unclear', causes: [] });
  });

  it('is a class lower where nothing healthy came before', async () => {
    const slow = minute((_, i) => cart({ queryMs: 300 }, i));
    expect(await answerOf(['--from', iso(0), '--to', iso(60), '-'], slow)).toMatchObject({ verdict: 'unclear' });
  });
});

describe('for a build', () => {
  const circle = minute((_, i) => {
    const request = cart({}, i);
    const inStock = request.children![0]!.children![0]!;
    inStock.children!.push({
      service: 'stock',
      name: 'GET',
      kind: 'CLIENT',
      at: 4,
      ms: 1,
      children: [{ service: 'shop', name: 'GET /prices', kind: 'SERVER', at: 4.2, ms: 0.5 }],
    });
    return request;
  });

  it('fails on a circle of calls', async () => {
    const { status, stderr } = await foreshock(['explain', '--fail-on', 'cycles', '-'], circle);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'foreshock explain: --fail-on cycles\n' });
    expect(await answerOf(['-'], circle)).toMatchObject({ cycles: [['shop', 'stock']] });
  });

  it('refuses a name that is none', async () => {
    expect((await foreshock(['explain', '--fail-on', 'cycels', '-'], circle)).stderr).toMatch(
      /there is only cycles, retries/,
    );
  });
});
