import type { GraphEdge, GraphNode, ServiceGraph } from '../contract.ts';

export interface Group {
  id: string;
  nodes: GraphNode[];
  isCycle: boolean;
}

/** The layout ranks callers before callees, so a cycle becomes one node. */
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
