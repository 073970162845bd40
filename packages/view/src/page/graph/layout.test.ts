import { expect, it } from 'vitest';
import type { GraphEdge, GraphNode } from '../contract.ts';
import { placeGraph } from './layout.ts';

it('lays out a graph with cycles, their members in one frame', () => {
  const nodes = ['gateway', 'a', 'b', 'c', 'orders'].map(node);
  const edges = ['gateway a', 'a b', 'b c', 'c a', 'gateway orders', 'orders orders'].map(edge);
  const placed = placeGraph({ seq: 1, nodes, edges, cycles: [['a', 'b', 'c']] }, false);
  expect([...placed.nodes.keys()].sort()).toEqual(['a', 'b', 'c', 'gateway', 'orders']);
  const [frame] = placed.cycles;
  const isInFrame = (id: string): boolean => {
    const { x, y } = placed.nodes.get(id)!;
    return x > frame!.x && x < frame!.x + frame!.width && y > frame!.y && y < frame!.y + frame!.height;
  };
  expect(['a', 'b', 'c', 'gateway', 'orders'].map(isInFrame)).toEqual([true, true, true, false, false]);
});

it('takes edges to nodes that are not there, and nodes of two cycles', () => {
  const graph = {
    seq: 1,
    nodes: ['a', 'b', 'c'].map(node),
    edges: ['a b', 'b a', 'b c', 'c b', 'c gone'].map(edge),
    cycles: [
      ['a', 'b'],
      ['b', 'c'],
    ],
  };
  expect(placeGraph(graph, true).nodes.size).toBe(3);
});

function node(id: string): GraphNode {
  return { id, label: id, kind: 'service', service: id, calls: 1, errors: 0, p95Ms: 1 };
}

function edge(ends: string): GraphEdge {
  const [from, to] = ends.split(' ') as [string, string];
  return { from, to, by: 'call', calls: 1, errors: 0, p95Ms: 1 };
}
