import { useChanges } from '../live/changes.ts';
import { useLive } from '../live/use-live.ts';
import type { StoreStatus } from '../contract.ts';
import { address, type Route } from '../route.ts';
import { bytes, count } from '../words/count.ts';
import { ago, dateTime } from '../words/time.ts';
import { OPEN_FILES } from './dropped.tsx';

export function Header({ route, onHelp }: { route: Route; onHelp(): void }) {
  const window = windowOf(route.options);
  const tab = (view: Route['view'], path: string, label: string, isHere = route.view === view) => (
    <a href={address(path, window)} aria-current={isHere ? 'page' : undefined}>
      {label}
    </a>
  );
  return (
    <header class="bar">
      <a class="brand" href="#/">
        <svg viewBox="0 0 32 20" width="32" height="20" aria-hidden="true">
          <path d="M0 12h8l2-4 3 8 5-15 4 17 2-6h8" fill="none" stroke="currentColor" stroke-width="2" />
        </svg>
        Foreshock
      </a>
      <nav aria-label="Views">
        {tab('incident', '', 'What broke first')}
        {tab('traces', 'traces', 'Traces', route.view === 'traces' || route.view === 'trace')}
        {tab('graph', 'graph', 'Services')}
      </nav>
      <LiveState />
      <label class="button open-file">
        Open a file
        <input type="file" multiple class="unseen" onChange={openChosen} />
      </label>
      <button type="button" onClick={onHelp} aria-label="Keys and help">
        ?
      </button>
    </header>
  );
}

function windowOf(options: URLSearchParams): Record<string, string | null> {
  return { from: options.get('from'), to: options.get('to'), last: options.get('last') };
}

function LiveState() {
  const { change, isConnected } = useChanges();
  const { data } = useLive<StoreStatus>('/api/status');
  if (!isConnected) return <p class="live lost">✕ viewer not reachable</p>;
  const spans = change?.spans ?? data?.spans ?? 0;
  const newest = change?.newest ?? data?.newest ?? null;
  return (
    <p class="live" title={data && detailsOf(data)}>
      <span class="live-mark" aria-hidden="true" /> {count(spans, 'span')}
      {newest !== null && (
        <span class="wide-only" title={dateTime(newest)}>
          , last {ago(newest)}
        </span>
      )}
    </p>
  );
}

function detailsOf({ traces, logs, bytes: size, limitBytes, evictedTraces }: StoreStatus): string {
  const dropped = evictedTraces > 0 ? `, ${count(evictedTraces, 'trace')} dropped for newer ones` : '';
  return `${count(traces, 'trace')}, ${count(logs, 'log line')}, ${bytes(size)} of ${bytes(limitBytes)}${dropped}`;
}

function openChosen(event: Event): void {
  const input = event.currentTarget as HTMLInputElement;
  dispatchEvent(new CustomEvent(OPEN_FILES, { detail: [...(input.files ?? [])] }));
  input.value = '';
}
