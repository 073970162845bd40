import type { GraphEdge, GraphNode, NodeKind } from '../contract.ts';
import { address } from '../route.ts';
import { quoted } from '../search-word.ts';
import { printable, shortened } from '../words/attribute.ts';
import { number } from '../words/count.ts';
import { duration } from '../words/duration.ts';
import { NODE_HEIGHT, NODE_WIDTH, type PlacedGraph, type PlacedNode } from './layout.ts';

const SIGNS: Record<NodeKind, string> = {
  service: '',
  database: '⛁',
  cache: '⚡︎',
  queue: '☰',
  pool: '◔',
  external: '↗',
};

/** Smallest legible scale; a larger picture scrolls. */
const LEAST_SCALE = 0.8;

interface Props {
  placed: PlacedGraph;
  isNarrow: boolean;
  room: number;
}

export function GraphPicture({ placed, isNarrow, room }: Props) {
  const { nodes, edges, cycles, width, height } = placed;
  const scale = Math.max(LEAST_SCALE, Math.min(1, room / width));
  return (
    <svg
      width={width * scale}
      height={height * scale}
      viewBox={`0 0 ${width} ${height}`}
      role="group"
      aria-label="Who calls whom"
    >
      <defs>
        <marker
          id="graph-arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="10"
          markerHeight="10"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path class="arrow-head" d="M0 0L8 4L0 8z" />
        </marker>
      </defs>
      {cycles.map((frame, i) => (
        <g key={i} class="cycle">
          <rect {...frame} rx={8} />
          <text x={frame.x + 8} y={frame.y + 13}>
            ⟳ cycle
          </text>
        </g>
      ))}
      {edges.map((edge) => (
        <Edge key={`${edge.from} ${edge.to} ${edge.by}`} edge={edge} nodes={nodes} isNarrow={isNarrow} />
      ))}
      {[...nodes.values()].map((each) => (
        <Node key={each.node.id} placed={each} />
      ))}
    </svg>
  );
}

function Node({ placed: { node, x, y } }: { placed: PlacedNode }) {
  return (
    <g
      class={`node ${node.kind}${node.errors > 0 ? ' failing' : ''}`}
      transform={`translate(${x - NODE_WIDTH / 2} ${y - NODE_HEIGHT / 2})`}
    >
      <a href={searchOf(node)}>
        <title>{`${node.kind} ${printable(node.label)}: traces`}</title>
        <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx={node.kind === 'service' ? 4 : 16} />
        <text x={NODE_WIDTH / 2} y={19}>
          {SIGNS[node.kind]} {printable(shortened(node.label, 22))}
        </text>
        <text class="node-figures" x={NODE_WIDTH / 2} y={36}>
          {node.errors > 0 && `✕ ${number(node.errors)} of `}
          {number(node.calls)} · p95 {duration(node.p95Ms)}
        </text>
      </a>
    </g>
  );
}

function searchOf({ service, kind, label }: GraphNode): string {
  const [first = ''] = label.split(' ');
  if (kind === 'queue') return address('traces', { q: `messaging.destination.name=${quoted(label)}` });
  if (service !== null) return address('traces', { q: `service:${quoted(service)}` });
  return address('traces', { q: kind === 'external' ? quoted(label) : `db.system.name=${quoted(first)}` });
}

function Edge({ edge, nodes, isNarrow }: { edge: GraphEdge; nodes: Map<string, PlacedNode>; isNarrow: boolean }) {
  const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)];
  if (!from || !to) return null;
  const line = from === to ? ownLoop(from) : isNarrow ? downward(from, to) : rightward(from, to);
  return (
    <g class={`edge ${edge.by}${edge.errors > 0 ? ' failing' : ''}`}>
      <title>
        {`${printable(from.node.label)} → ${printable(to.node.label)}: ${number(edge.calls)} by ${edge.by}, ${number(edge.errors)} failed, p95 ${duration(edge.p95Ms)}`}
      </title>
      <path d={line} marker-end="url(#graph-arrow)" />
    </g>
  );
}

function rightward(from: PlacedNode, to: PlacedNode): string {
  const isAhead = to.x > from.x + 1;
  const isSameColumn = Math.abs(to.x - from.x) <= 1;
  if (isSameColumn) {
    const side = to.y > from.y ? 1 : -1;
    const x = from.x + (side * NODE_WIDTH) / 2;
    return `M${x} ${from.y}C${x + side * 30} ${from.y} ${x + side * 30} ${to.y} ${x} ${to.y}`;
  }
  const [x1, x2] = isAhead
    ? [from.x + NODE_WIDTH / 2, to.x - NODE_WIDTH / 2]
    : [from.x - NODE_WIDTH / 2, to.x + NODE_WIDTH / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${x2} ${to.y}`;
}

function downward(from: PlacedNode, to: PlacedNode): string {
  const isBelow = to.y > from.y;
  const [y1, y2] = isBelow
    ? [from.y + NODE_HEIGHT / 2, to.y - NODE_HEIGHT / 2]
    : [from.y - NODE_HEIGHT / 2, to.y + NODE_HEIGHT / 2];
  const middle = (y1 + y2) / 2;
  const shift = isBelow ? -12 : 12;
  return `M${from.x + shift} ${y1}C${from.x + shift} ${middle} ${to.x + shift} ${middle} ${to.x + shift} ${y2}`;
}

function ownLoop({ x, y }: PlacedNode): string {
  const top = y - NODE_HEIGHT / 2;
  return `M${x - 12} ${top}C${x - 26} ${top - 24} ${x + 26} ${top - 24} ${x + 12} ${top}`;
}
