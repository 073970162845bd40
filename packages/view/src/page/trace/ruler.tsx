import { useRef, useState } from 'preact/hooks';
import { ticks } from '../frame/ticks.ts';
import { roundDuration } from '../words/duration.ts';
import type { TraceModel } from './model.ts';
import type { RowAction } from './waterfall-keys.ts';

const LEAST_DRAG = 5;

interface Props {
  left: number;
  width: number;
  model: TraceModel;
  view: { from: number; to: number };
  onAction(action: RowAction): void;
}

/** Dragging zooms; the keys + − 0 do the same. */
export function Ruler({ left, width, model, view, onAction }: Props) {
  const picture = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const length = view.to - view.from;
  const x = (time: number): number => ((time - view.from) / length) * width;
  const at = (event: PointerEvent): number =>
    Math.max(0, Math.min(width, event.clientX - picture.current!.getBoundingClientRect().left));
  const ended = (): void => {
    if (drag && Math.abs(drag.to - drag.from) >= LEAST_DRAG) {
      const time = (place: number): number => view.from + (place / width) * length;
      onAction({ does: 'zoom', from: time(Math.min(drag.from, drag.to)), to: time(Math.max(drag.from, drag.to)) });
    }
    setDrag(undefined);
  };
  return (
    <svg
      ref={picture}
      class="ruler"
      width={width}
      height={24}
      style={{ marginLeft: `${left}px` }}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: at(event), to: at(event) });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: at(event) })}
      onPointerUp={ended}
      onPointerCancel={() => setDrag(undefined)}
    >
      {ticks(view.from, view.to, Math.max(2, Math.floor(width / 110)), model.from).map((time) => (
        <g key={time}>
          <line class="tick" x1={x(time)} x2={x(time)} y1={14} y2={24} />
          <text class="tick-text" x={Math.min(x(time) + 3, width - 52)} y={15}>
            {roundDuration(time - model.from)}
          </text>
        </g>
      ))}
      {drag && <rect class="drag" x={Math.min(drag.from, drag.to)} width={Math.abs(drag.to - drag.from)} height={24} />}
    </svg>
  );
}
