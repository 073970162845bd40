import { describe, expect, it } from 'vitest';
import { SpanIds } from './span-ids.ts';
import { orderOf } from './trace-order.ts';

describe('a trace in the order of its waterfall', () => {
  it('puts children below their parent, by their start', () => {
    const spans = [span('c', 'a', 30), span('a', '', 0), span('b', 'a', 10), span('d', 'b', 12)];
    expect(ordered(spans)).toEqual(['a', 'b of a', 'd of b', 'c of a']);
  });

  it('shows spans whose parent is not there as roots', () => {
    expect(ordered([span('b', 'ff', 5), span('a', '', 0)])).toEqual(['a', 'b']);
  });

  it('cuts circles of parents, and shows each span once', () => {
    const spans = [span('a', 'c', 0), span('b', 'a', 1), span('c', 'b', 2), span('e', 'e', 3)];
    expect(ordered(spans)).toEqual(['e', 'a', 'b of a', 'c of b']);
  });

  it('shows both of two spans with one id, children below the first', () => {
    expect(ordered([span('a', '', 1), span('a', '', 0), span('b', 'a', 2)])).toEqual(['a', 'b of a', 'a']);
  });

  // Ids that count, at either end, are not spread by every hash.
  it.each([0, 10])('takes a chain of 100,000, its ids counted with %i zeros after the number', (zeros) => {
    const id = (i: number): string => (i + 1).toString(16) + '0'.repeat(zeros);
    const chain = Array.from({ length: 100_000 }, (_, i) => span(id(i), i === 0 ? '' : id(i - 1), i));
    expect(orderOf(columnsOf(chain)).parents[99_999]).toBe(99_998);
  });
});

interface TreeSpan {
  id: string;
  parentId: string;
  start: number;
}

function ordered(spans: readonly TreeSpan[]): string[] {
  const { order, parents } = orderOf(columnsOf(spans));
  const id = (place: number): string => spans[order[place]!]!.id;
  return Array.from(order, (_, place) => (parents[place]! < 0 ? id(place) : `${id(place)} of ${id(parents[place]!)}`));
}

function columnsOf(spans: readonly TreeSpan[]) {
  const hex = (ids: string[]): SpanIds => new SpanIds(ids.map((id) => id.padStart(16, '0')).join(''));
  return {
    ids: hex(spans.map(({ id }) => id)),
    parentIds: hex(spans.map(({ parentId }) => parentId)),
    starts: spans.map(({ start }) => start),
  };
}

function span(id: string, parentId: string, start: number): TreeSpan {
  return { id, parentId, start };
}
