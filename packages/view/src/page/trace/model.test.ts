import { describe, expect, it } from 'vitest';
import type { Span, Trace } from '../contract.ts';
import { modelOf, visible } from './model.ts';

describe('a trace in the order of its waterfall', () => {
  it('puts children below their parent, by their start', () => {
    const model = modelOf(trace([span('c', 'a', 30), span('a', null, 0), span('b', 'a', 10), span('d', 'b', 12)]));
    expect(order(model)).toEqual(['a 0', 'b 1', 'd 2', 'c 1']);
    expect([...model.end]).toEqual([4, 3, 3, 4]);
    expect([...model.parent]).toEqual([-1, 0, 1, 0]);
  });

  it('hides what is below a closed span', () => {
    const model = modelOf(trace([span('a', null, 0), span('b', 'a', 1), span('c', 'b', 2), span('d', 'a', 3)]));
    expect([...visible(model, new Set([1]), false)]).toEqual([0, 1, 3]);
    expect([...visible(model, new Set([0]), false)]).toEqual([0]);
  });

  it('shows spans whose parent is not there as roots', () => {
    expect(order(modelOf(trace([span('b', 'gone', 5), span('a', null, 0)])))).toEqual(['a 0', 'b 0']);
  });

  it('cuts circles of parents, and shows each span once', () => {
    const model = modelOf(trace([span('a', 'c', 0), span('b', 'a', 1), span('c', 'b', 2), span('own', 'own', 3)]));
    expect(order(model)).toEqual(['own 0', 'a 0', 'b 1', 'c 2']);
  });

  it('shows both of two spans with one id', () => {
    const model = modelOf(trace([span('a', null, 0), span('a', null, 1), span('b', 'a', 2)]));
    expect(order(model)).toEqual(['a 0', 'b 1', 'a 0']);
    expect(model.byId.get('a')).toBe(0);
  });

  it('takes a chain of 100,000', () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => span(`s${i}`, i === 0 ? null : `s${i - 1}`, i));
    expect(modelOf(trace(chain)).depth[99_999]).toBe(99_999);
  });

  it('has a length to draw in, whatever the times', () => {
    expect(modelOf(trace([]))).toMatchObject({ from: 0, to: 1 });
    expect(modelOf(trace([{ ...span('a', null, 7), durationMs: 0 }]))).toMatchObject({ from: 7, to: 8 });
  });
});

function order({ spans, depth }: ReturnType<typeof modelOf>): string[] {
  return spans.map(({ spanId }, i) => `${spanId} ${depth[i]}`);
}

function span(spanId: string, parentId: string | null, start: number): Span {
  return {
    spanId,
    parentId,
    service: 'orders',
    name: spanId,
    kind: 'internal',
    start,
    durationMs: 10,
    status: 'unset',
    statusMessage: '',
    attributes: {},
    events: [],
    links: [],
    scope: '',
  };
}

function trace(spans: Span[]): Trace {
  return { traceId: 'f'.repeat(32), spans, resources: {}, logs: [], criticalPath: [], heldBy: [], truncated: false };
}
