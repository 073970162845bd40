import { useMemo } from 'preact/hooks';
import type { TraceRows } from '../contract.ts';
import { Ready } from '../frame/state.tsx';
import { useLive } from '../live/use-live.ts';
import { LoadedTrace } from './loaded-trace.tsx';
import { mayGrow } from './may-grow.ts';

export function TraceView({ traceId, spanId }: { traceId: string; spanId: string | null }) {
  const rows = useLive<TraceRows>(`/api/traces/${traceId}`, undefined, mayGrow);
  const { data } = rows;
  const shown = useMemo(() => data, [data?.order.length]);
  return (
    // Most changes are other traces, so no update is offered. Late spans appear when the reader is idle.
    <Ready of={{ ...rows, isOld: false }}>
      {() => (shown!.order.length === 0 ? <Nothing /> : <LoadedTrace rows={shown!} spanId={spanId} />)}
    </Ready>
  );
}

function Nothing() {
  return <p class="quiet">There is no span of this trace here: it was never sent, or dropped for newer ones.</p>;
}
