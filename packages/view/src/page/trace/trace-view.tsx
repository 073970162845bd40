import { useMemo } from 'preact/hooks';
import type { Trace } from '../contract.ts';
import { Ready } from '../frame/state.tsx';
import { useLive } from '../live/use-live.ts';
import { LoadedTrace } from './loaded-trace.tsx';

export function TraceView({ traceId, spanId }: { traceId: string; spanId: string | null }) {
  const trace = useLive<Trace>(`/api/traces/${traceId}`, undefined, mayGrow);
  const { data } = trace;
  const shown = useMemo(() => data, [data?.spans.length, data?.logs.length]);
  return (
    // Most changes are other traces, so no update is offered. Late spans appear when the reader is idle.
    <Ready of={{ ...trace, isOld: false }}>
      {() => (shown!.spans.length === 0 ? <Nothing /> : <LoadedTrace trace={shown!} spanId={spanId} />)}
    </Ready>
  );
}

const RECENT_MS = 60_000;
const MOST_SPANS = 5_000;

function mayGrow({ spans }: Trace): boolean {
  const last = spans.reduce((latest, { start, durationMs }) => Math.max(latest, start + durationMs), 0);
  return spans.length < MOST_SPANS && Date.now() - last < RECENT_MS;
}

function Nothing() {
  return <p class="quiet">There is no span of this trace here: it was never sent, or dropped for newer ones.</p>;
}
