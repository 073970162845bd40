import type { ServiceGraph } from '../contract.ts';
import { Table } from '../frame/table.tsx';
import { printable, shortened } from '../words/attribute.ts';
import { number } from '../words/count.ts';
import { duration } from '../words/duration.ts';

const MOST = 300;
const BY = { call: 'calls', queue: 'queue', wait: 'waits' };

export function EdgeTable({ graph }: { graph: ServiceGraph }) {
  const labels = new Map(
    graph.nodes.map(({ id, label, kind }) => [id, kind === 'service' ? label : `${kind} ${label}`]),
  );
  const name = (id: string): string => printable(shortened(labels.get(id) ?? id, 80));
  const edges = [...graph.edges].sort((a, b) => b.calls - a.calls);
  if (edges.length === 0) return null;
  return (
    <>
      <Table
        title="Who calls whom"
        columns={['From', 'To', 'By', 'Calls#', 'Failed#', 'p95#']}
        rows={edges.slice(0, MOST).map((edge) => ({
          key: `${edge.from} ${edge.to} ${edge.by}`,
          cells: [
            name(edge.from),
            name(edge.to),
            BY[edge.by],
            number(edge.calls),
            edge.errors > 0 ? `✕ ${number(edge.errors)}` : '0',
            duration(edge.p95Ms),
          ],
        }))}
      />
      {edges.length > MOST && <p class="quiet">and {number(edges.length - MOST)} more</p>}
    </>
  );
}
