import type { ServiceGraph } from '../contract.ts';
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
    <section aria-labelledby="edges">
      <h2 id="edges">Who calls whom</h2>
      <div class="wide" tabIndex={0} role="region" aria-labelledby="edges">
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">By</th>
              <th scope="col" class="figure">
                Calls
              </th>
              <th scope="col" class="figure">
                Failed
              </th>
              <th scope="col" class="figure">
                p95
              </th>
            </tr>
          </thead>
          <tbody>
            {edges.slice(0, MOST).map((edge) => (
              <tr key={`${edge.from} ${edge.to} ${edge.by}`}>
                <td>{name(edge.from)}</td>
                <td>{name(edge.to)}</td>
                <td>{BY[edge.by]}</td>
                <td class="figure">{number(edge.calls)}</td>
                <td class="figure">{edge.errors > 0 ? `✕ ${number(edge.errors)}` : '0'}</td>
                <td class="figure">{duration(edge.p95Ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {edges.length > MOST && <p class="quiet">and {number(edges.length - MOST)} more</p>}
    </section>
  );
}
