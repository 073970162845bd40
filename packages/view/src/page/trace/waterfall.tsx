import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useWidth } from '../frame/use-width.ts';
import { coloursOf, watchTheme, type Colours } from './colours.ts';
import { draw } from './draw.ts';
import type { TraceModel } from './model.ts';
import { Ruler } from './ruler.tsx';
import { RowLabel } from './row-label.tsx';
import { keyAction, type RowAction } from './waterfall-keys.ts';

/** Below this width labels are above their bars. */
const NARROW = 600;
const MOST_HEIGHT = 0.72;

export interface WaterfallProps {
  model: TraceModel;
  rows: Int32Array;
  closed: ReadonlySet<number>;
  selected: number;
  view: { from: number; to: number };
  onAction(action: RowAction): void;
}

/** Renders only visible rows. */
export function Waterfall({ model, rows, closed, selected, view, onAction }: WaterfallProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useRef<Colours>(undefined);
  const fullWidth = useWidth(scroller);
  const [top, setTop] = useState(0);
  const [theme, setTheme] = useState(0);
  useEffect(
    () =>
      watchTheme(() => {
        colours.current = undefined;
        setTheme((before) => before + 1);
      }),
    [],
  );

  const isNarrow = fullWidth < NARROW;
  const rowHeight = isNarrow ? 44 : 24;
  const labels = isNarrow ? 0 : Math.round(Math.min(480, fullWidth * 0.38));
  const width = Math.max(0, fullWidth - labels);
  const height = Math.min(rows.length * rowHeight, Math.max(240, Math.floor(innerHeight * MOST_HEIGHT)));
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight), rows.length - 1));
  const shown = rows.subarray(first, first + Math.ceil(height / rowHeight) + 1);

  useLayoutEffect(() => {
    const element = canvas.current!;
    const on = element.getContext('2d');
    if (!on || width === 0) return;
    const ratio = devicePixelRatio || 1;
    if (element.width !== Math.round(width * ratio) || element.height !== Math.round(height * ratio)) {
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
    }
    on.setTransform(ratio, 0, 0, ratio, 0, 0);
    colours.current ??= coloursOf(on);
    const offset = top - first * rowHeight;
    const barTop = isNarrow ? 25 : 5;
    draw(on, { model, rows, first, offset, width, height, rowHeight, barTop, ...view, selected }, colours.current);
  }, [model, rows, top, width, height, view, selected, theme]);

  useScrollIntoSight(scroller, rows, selected, rowHeight);

  const pressed = (event: KeyboardEvent): void => {
    const action = keyAction(event, { rows, selected, model, closed, page: Math.floor(height / rowHeight) - 1 });
    if (!action) return;
    event.preventDefault();
    onAction(action);
  };
  const isSelectedShown = shown.includes(selected);
  return (
    <div class={isNarrow ? 'waterfall narrow' : 'waterfall'}>
      <Ruler left={labels} width={width} model={model} view={view} onAction={onAction} />
      <div
        ref={scroller}
        class="scroller"
        style={{ height: `${height}px` }}
        tabIndex={0}
        role="tree"
        aria-label="Spans"
        aria-activedescendant={isSelectedShown ? `span-${selected}` : undefined}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={pressed}
      >
        <div class="tall" role="none" style={{ height: `${rows.length * rowHeight}px` }} />
        <div class="window" role="none" style={{ height: `${height}px` }}>
          <canvas
            ref={canvas}
            aria-hidden="true"
            style={{ left: `${labels}px`, width: `${width}px`, height: `${height}px` }}
          />
          {[...shown].map((place, i) => (
            <RowLabel
              key={place}
              model={model}
              place={place}
              top={(first + i) * rowHeight - top}
              height={rowHeight}
              width={isNarrow ? fullWidth : labels}
              isOpen={!closed.has(place)}
              isSelected={place === selected}
              onAction={onAction}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Scrolls only when the selection changes. */
function useScrollIntoSight(
  scroller: { current: HTMLDivElement | null },
  rows: Int32Array,
  selected: number,
  rowHeight: number,
): void {
  useLayoutEffect(() => {
    const element = scroller.current!;
    const row = selected < 0 ? -1 : rows.indexOf(selected);
    if (row < 0) return;
    const [from, to] = [row * rowHeight, (row + 1) * rowHeight];
    if (from < element.scrollTop) element.scrollTop = from;
    else if (to > element.scrollTop + element.clientHeight) element.scrollTop = to - element.clientHeight;
  }, [selected, rowHeight]);
}
