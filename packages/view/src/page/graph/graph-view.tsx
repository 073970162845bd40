import { useMemo, useRef } from 'preact/hooks';
import type { ServiceGraph } from '../contract.ts';
import { Ready } from '../frame/state.tsx';
import { Text } from '../frame/text.tsx';
import { useWidth } from '../frame/use-width.ts';
import { WindowChoice, windowNow } from '../frame/window-choice.tsx';
import { useLive } from '../live/use-live.ts';
import { withQuery } from '../query.ts';
import { count } from '../words/count.ts';
import { EdgeTable } from './edge-table.tsx';
import { GraphPicture } from './graph-picture.tsx';
import { placeGraph } from './layout.ts';

/** Larger pictures are illegible, so only the busiest nodes are drawn; the table has all. */
const MOST_NODES = 80;
const NARROW = 720;

export function GraphView({ options }: { options: URLSearchParams }) {
  const graph = useLive<ServiceGraph>(`/api/graph?${options}`, () =>
    withQuery('/api/graph', { ...windowNow(options) }),
  );
  return (
    <>
      <h1 class="unseen">Services</h1>
      <div class="tools">
        <WindowChoice path="graph" options={options} />
      </div>
      <Ready of={graph}>
        {(data) => (data.nodes.length === 0 ? <p class="quiet">No calls in this time.</p> : <Loaded graph={data} />)}
      </Ready>
    </>
  );
}

function Loaded({ graph }: { graph: ServiceGraph }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const isNarrow = width < NARROW;
  const shown = useMemo(() => busiest(graph), [graph]);
  const placed = useMemo(() => placeGraph(shown, isNarrow), [shown, isNarrow]);
  return (
    <>
      <Cycles graph={graph} />
      {shown !== graph && (
        <p class="quiet">
          The {MOST_NODES} busiest of {count(graph.nodes.length, 'node')} are drawn.
        </p>
      )}
      <div ref={frame} class="graph wide" tabIndex={0} role="region" aria-label="Service graph">
        {width > 0 && <GraphPicture placed={placed} isNarrow={isNarrow} room={width} />}
      </div>
      <EdgeTable graph={graph} />
    </>
  );
}

function Cycles({ graph }: { graph: ServiceGraph }) {
  if (graph.cycles.length === 0) return null;
  const label = (id: string): string => graph.nodes.find((node) => node.id === id)?.label ?? id;
  return (
    <section class="failure" aria-labelledby="cycles">
      <h2 id="cycles">⟳ {graph.cycles.length === 1 ? 'A cycle' : count(graph.cycles.length, 'cycle')}</h2>
      <ul>
        {graph.cycles.map((cycle) => (
          <li key={cycle.join()}>
            <Text of={cycle.map(label).join(', ')} most={500} />: each calls or waits for itself, by way of the others.
          </li>
        ))}
      </ul>
    </section>
  );
}

function busiest(graph: ServiceGraph): ServiceGraph {
  if (graph.nodes.length <= MOST_NODES) return graph;
  const nodes = [...graph.nodes].sort((a, b) => b.calls - a.calls).slice(0, MOST_NODES);
  const ids = new Set(nodes.map(({ id }) => id));
  return { ...graph, nodes, edges: graph.edges.filter(({ from, to }) => ids.has(from) && ids.has(to)) };
}
