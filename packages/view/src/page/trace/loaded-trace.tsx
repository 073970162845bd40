import { useMemo, useRef, useState } from 'preact/hooks';
import type { Trace } from '../contract.ts';
import { go, replace, traceAddress } from '../route.ts';
import { Details } from './details.tsx';
import { Logs } from './logs.tsx';
import { modelOf, visible } from './model.ts';
import { TraceHead } from './trace-head.tsx';
import { Waterfall } from './waterfall.tsx';
import type { RowAction } from './waterfall-keys.ts';

/** Shorter times are not visible. */
const LEAST_MS = 0.001;

export function LoadedTrace({ trace, spanId }: { trace: Trace; spanId: string | null }) {
  const model = useMemo(() => modelOf(trace), [trace]);
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  const [isCriticalOnly, setCriticalOnly] = useState(false);
  const [zoom, setZoom] = useState<{ from: number; to: number }>();
  const details = useRef<HTMLElement>(null);
  const rows = useMemo(() => visible(model, closed, isCriticalOnly), [model, closed, isCriticalOnly]);
  const view = useMemo(() => zoom ?? { from: model.from, to: model.to }, [zoom, model]);
  const selected = spanId === null ? -1 : (model.byId.get(spanId) ?? -1);
  const span = model.spans[selected];

  const act = (action: RowAction): void => {
    switch (action.does) {
      case 'select':
        return replace(traceAddress(trace.traceId, model.spans[action.place]!.spanId));
      case 'toggle':
        return setClosed(toggled(closed, action.place));
      case 'details':
        return details.current?.focus();
      case 'holder': {
        const holder = span && model.holders.get(span.spanId)?.[0];
        return holder && go(traceAddress(holder.traceId, holder.holderSpanId));
      }
      case 'zoom':
        return setZoom(within(model, action.from, action.to));
      case 'zoom-by': {
        const middle = span ? span.start + span.durationMs / 2 : (view.from + view.to) / 2;
        const half = ((view.to - view.from) / 2) * action.factor;
        return setZoom(within(model, middle - half, middle + half));
      }
    }
  };
  const closeAll = (): void => {
    setClosed(new Set(model.spans.keys().filter((i) => model.depth[i]! > 0 && model.end[i]! > i + 1)));
  };
  return (
    <>
      <TraceHead trace={trace} model={model} />
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
      <div class={span ? 'trace with-details' : 'trace'}>
        <Waterfall model={model} rows={rows} closed={closed} selected={selected} view={view} onAction={act} />
        {span && (
          <Details
            key={span.spanId}
            frame={details}
            span={span}
            trace={trace}
            model={model}
            onClose={() => replace(traceAddress(trace.traceId))}
          />
        )}
      </div>
      <Logs trace={trace} model={model} />
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
