import { Graph, layout } from '@dagrejs/dagre';
import type { GraphEdge, GraphNode, ServiceGraph } from '../contract.ts';
import { contractCycles } from './contract-cycles.ts';

export const NODE_WIDTH = 170;
export const NODE_HEIGHT = 46;
const GAP = 34;
const FRAME = 16;

export interface PlacedNode {
  node: GraphNode;
  x: number;
  y: number;
}

export interface PlacedGraph {
  nodes: Map<string, PlacedNode>;
  edges: GraphEdge[];
  cycles: { x: number; y: number; width: number; height: number }[];
  width: number;
  height: number;
}

/** Callers left, or on top in a narrow page; a cycle is a framed column. */
export function placeGraph(graph: ServiceGraph, isNarrow: boolean): PlacedGraph {
  const { groups, between } = contractCycles(graph);
  const picture = new Graph();
  picture.setGraph({
    rankdir: isNarrow ? 'TB' : 'LR',
    nodesep: isNarrow ? 18 : 26,
    ranksep: isNarrow ? 56 : 90,
    marginx: 12,
    marginy: 12,
  });
  picture.setDefaultEdgeLabel(() => ({}));
  for (const { id, nodes, isCycle } of groups) {
    const frame = isCycle ? 2 * FRAME : 0;
    const height = nodes.length * NODE_HEIGHT + (nodes.length - 1) * GAP + frame;
    picture.setNode(id, { width: NODE_WIDTH + 2 * frame, height });
  }
  for (const { from, to } of between) picture.setEdge(from, to);
  layout(picture);
  const placed: PlacedGraph = { nodes: new Map(), edges: graph.edges, cycles: [], width: 0, height: 0 };
  for (const { id, nodes, isCycle } of groups) {
    const { x, y, width, height } = picture.node(id) as { x: number; y: number; width: number; height: number };
    const top = y - height / 2 + (isCycle ? FRAME : 0) + NODE_HEIGHT / 2;
    nodes.forEach((node, i) => placed.nodes.set(node.id, { node, x, y: top + i * (NODE_HEIGHT + GAP) }));
    if (isCycle) placed.cycles.push({ x: x - width / 2, y: y - height / 2, width, height });
    placed.width = Math.max(placed.width, x + width / 2 + 12);
    placed.height = Math.max(placed.height, y + height / 2 + 12);
  }
  return placed;
}
