import { useEffect, useState } from 'preact/hooks';
import { IncidentView } from '../incident/incident-view.tsx';
import { GraphView } from '../graph/graph-view.tsx';
import { useRoute, type Route } from '../route.ts';
import { TraceView } from '../trace/trace-view.tsx';
import { TracesView } from '../traces/traces-view.tsx';
import { Dropped } from './dropped.tsx';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { listenForKeys } from './keys.ts';

const TITLES = { incident: 'What broke first', traces: 'Traces', trace: 'Trace', graph: 'Services' };

export function App() {
  const route = useRoute();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useEffect(() => listenForKeys(() => setHelpOpen(true)), []);
  useEffect(() => {
    document.title = `${TITLES[route.view]} · Foreshock`;
    scrollTo(0, 0);
  }, [route.view, route.traceId]);
  return (
    <>
      <a class="skip" href="#content" onClick={toContent}>
        Skip to the content
      </a>
      <Header route={route} onHelp={() => setHelpOpen(true)} />
      <main id="content" tabIndex={-1}>
        <View route={route} />
      </main>
      <Dropped />
      {isHelpOpen && <Help onClose={() => setHelpOpen(false)} />}
    </>
  );
}

function View({ route }: { route: Route }) {
  switch (route.view) {
    case 'traces':
      return <TracesView options={route.options} />;
    case 'trace':
      return <TraceView key={route.traceId} traceId={route.traceId} spanId={route.options.get('span')} />;
    case 'graph':
      return <GraphView options={route.options} />;
    case 'incident':
      return <IncidentView options={route.options} />;
  }
}

/** The fragment is the address of a view, so the link must not replace it. */
function toContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
