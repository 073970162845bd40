import { useMemo, useRef, useState } from 'preact/hooks';
import type { TraceRest, TraceRows } from '../contract.ts';
import { useLive } from '../live/use-live.ts';
import { go, replace, traceAddress } from '../route.ts';
import { Details } from './details.tsx';
import { Logs } from './logs.tsx';
import { mayGrow } from './may-grow.ts';
import { TraceModel, visible } from './model.ts';
import { TraceHead } from './trace-head.tsx';
import { Waterfall } from './waterfall.tsx';
import type { RowAction } from './waterfall-keys.ts';

/** Shorter times are not visible. */
const LEAST_MS = 0.001;

export function LoadedTrace({ rows: loaded, spanId }: { rows: TraceRows; spanId: string | null }) {
  // Asked for after the first paint.
  const { data: rest } = useLive<TraceRest>(`/api/traces/${loaded.traceId}/rest`, undefined, () => mayGrow(loaded));
  const model = useMemo(() => new TraceModel(loaded, rest), [loaded, rest]);
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  const [isCriticalOnly, setCriticalOnly] = useState(false);
  const [zoom, setZoom] = useState<{ from: number; to: number }>();
  const details = useRef<HTMLElement>(null);
  const rows = useMemo(() => visible(model, closed, isCriticalOnly), [model, closed, isCriticalOnly]);
  const view = useMemo(() => zoom ?? { from: model.from, to: model.to }, [zoom, model]);
  const selected = spanId === null ? -1 : (model.placeOf(spanId) ?? -1);
  const row = selected < 0 ? undefined : model.row(selected);

  const act = (action: RowAction): void => {
    switch (action.does) {
      case 'select':
        return replace(traceAddress(model.traceId, model.spanId(action.place)));
      case 'toggle':
        return setClosed(toggled(closed, action.place));
      case 'details':
        return details.current?.focus();
      case 'holder': {
        const holder = row && model.holder(row);
        return holder && go(traceAddress(holder.traceId, holder.spanId));
      }
      case 'zoom':
        return setZoom(within(model, action.from, action.to));
      case 'zoom-by': {
        const middle = row ? row.start + row.durationMs / 2 : (view.from + view.to) / 2;
        const half = ((view.to - view.from) / 2) * action.factor;
        return setZoom(within(model, middle - half, middle + half));
      }
    }
  };
  const closeAll = (): void => {
    setClosed(new Set(model.end.keys().filter((place) => model.depth[place]! > 0 && model.end[place]! > place + 1)));
  };
  return (
    <>
      <TraceHead model={model} />
      <div class="tools" role="group" aria-label="Waterfall">
        <button type="button" onClick={closeAll}>
          Close all
        </button>
        <button type="button" onClick={() => setClosed(new Set())}>
          Open all
        </button>
        <label class="choice">
          <input
            type="checkbox"
            checked={isCriticalOnly}
            onChange={(event) => setCriticalOnly(event.currentTarget.checked)}
          />
          Only the critical path
        </label>
        {zoom && (
          <button type="button" onClick={() => setZoom(undefined)}>
            Show the whole time
          </button>
        )}
      </div>
      <div class={row ? 'trace with-details' : 'trace'}>
        <Waterfall model={model} rows={rows} closed={closed} selected={selected} view={view} onAction={act} />
        {row && (
          <Details
            key={row.spanId}
            frame={details}
            row={row}
            model={model}
            onClose={() => replace(traceAddress(model.traceId))}
          />
        )}
      </div>
      <Logs model={model} />
    </>
  );
}

function toggled(closed: ReadonlySet<number>, place: number): ReadonlySet<number> {
  const next = new Set(closed);
  if (!next.delete(place)) next.add(place);
  return next;
}

/** Limited to the trace and to a visible length; undefined is the whole trace. */
function within(
  { from, to }: { from: number; to: number },
  start: number,
  end: number,
): { from: number; to: number } | undefined {
  const [first, last] = [Math.max(from, start), Math.min(to, end)];
  if (first <= from && last >= to) return undefined;
  return last - first < LEAST_MS ? { from: first, to: first + LEAST_MS } : { from: first, to: last };
}
