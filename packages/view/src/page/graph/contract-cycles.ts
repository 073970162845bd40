import type { GraphEdge, GraphNode, ServiceGraph } from '../contract.ts';

/** A node to lay out: one of the graph's, or all of a cycle as one. */
export interface Group {
  id: string;
  nodes: GraphNode[];
  isCycle: boolean;
}

/**
 * The graph with every cycle as one node, which the layout needs: it ranks callers before callees, and a cycle has no
 * first.
 */
export function contractCycles({ nodes, edges, cycles }: ServiceGraph): { groups: Group[]; between: GraphEdge[] } {
  const groupOf = new Map<string, Group>();
  for (const cycle of cycles) {
    const inside = nodes.filter(({ id }) => cycle.includes(id) && !groupOf.has(id));
    if (inside.length < 2) continue;
    const group = { id: `cycle ${inside[0]!.id}`, nodes: inside, isCycle: true };
    for (const { id } of inside) groupOf.set(id, group);
  }
  for (const node of nodes) {
    if (!groupOf.has(node.id)) groupOf.set(node.id, { id: node.id, nodes: [node], isCycle: false });
  }
  const between = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const [from, to] = [groupOf.get(edge.from), groupOf.get(edge.to)];
    if (!from || !to || from === to) continue;
    between.set(`${from.id} ${to.id}`, { ...edge, from: from.id, to: to.id });
  }
  return { groups: [...new Set(groupOf.values())], between: [...between.values()] };
}
