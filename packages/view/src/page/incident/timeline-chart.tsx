import { ticks } from '../frame/ticks.ts';
import { duration } from '../words/duration.ts';
import { clock } from '../words/time.ts';
import { printable, shortened } from '../words/attribute.ts';
import type { Chart, Lane, LaneArrow, Mark } from './lanes.ts';

const AXIS = 22;
const LABEL = 20;
const ROW = 22;
const RADIUS = 9;
/** Then the words on arrows would cover names and numbers. */
const NARROW = 500;

interface PlacedLane {
  lane: Lane;
  top: number;
  height: number;
  /** Marks that are too close have rows of their own. */
  rowOf: Map<Mark, number>;
}

/** The list below the chart has the same content. */
export function TimelineChart({ chart, width }: { chart: Chart; width: number }) {
  const x = (time: number): number => ((time - chart.from) / (chart.to - chart.from)) * width;
  const placed = place(chart.lanes, x);
  const height = placed.length > 0 ? placed.at(-1)!.top + placed.at(-1)!.height + 4 : AXIS;
  const marks = ticks(chart.from, chart.to, Math.max(2, Math.floor(width / 100)));
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby="timeline">
      <defs>
        <pattern id="saturated" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="saturated-ground" width="6" height="6" />
          <rect class="saturated-stripe" width="2.5" height="6" />
        </pattern>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
          <path class="arrow-head" d="M0 0L8 4L0 8z" />
        </marker>
      </defs>
      <rect
        class="incident-ground"
        x={x(chart.incident.from)}
        y={AXIS}
        width={Math.max(1, x(chart.incident.to) - x(chart.incident.from))}
        height={height - AXIS}
      />
      {marks.map((at) => (
        <g key={at}>
          <line class="tick" x1={x(at)} x2={x(at)} y1={AXIS - 4} y2={height} />
          <text class="tick-text" x={Math.min(width - 66, x(at) + 3)} y={13}>
            {clock(at).replace(/\.000$/, '')}
          </text>
        </g>
      ))}
      {placed.map((each) => (
        <Bands key={each.lane.key} placed={each} x={x} width={width} />
      ))}
      {chart.arrows.map((arrow, i) => (
        <Arrow key={i} arrow={arrow} placed={placed} x={x} isNarrow={width < NARROW} />
      ))}
      {placed.map((each) => (
        <LaneName key={each.lane.key} placed={each} width={width} />
      ))}
      {placed.flatMap(({ lane, top, rowOf }) =>
        lane.marks.map((mark) => <MarkSign key={mark.number} mark={mark} x={x} y={yOf(top, rowOf.get(mark)!)} />),
      )}
    </svg>
  );
}

function place(lanes: readonly Lane[], x: (time: number) => number): PlacedLane[] {
  let top = AXIS;
  return lanes.map((lane) => {
    const rowOf = new Map<Mark, number>();
    const ends: number[] = [];
    for (const mark of lane.marks) {
      const at = x(mark.at);
      let row = ends.findIndex((end) => end + 2 * RADIUS + 2 < at);
      if (row < 0) row = ends.length;
      ends[row] = at;
      rowOf.set(mark, row);
    }
    const placed = { lane, top, height: LABEL + ROW * Math.max(1, ends.length) + 6, rowOf };
    top += placed.height;
    return placed;
  });
}

function yOf(top: number, row: number): number {
  return top + LABEL + ROW * row + ROW / 2;
}

function Bands({ placed, x, width }: { placed: PlacedLane; x(time: number): number; width: number }) {
  const { lane, top, height } = placed;
  return (
    <g>
      <line class="lane" x1={0} x2={width} y1={top + height - 1} y2={top + height - 1} />
      {lane.bands.map(({ from, to, text }, i) => (
        <g key={i}>
          <rect
            class="band"
            x={x(from)}
            y={top + LABEL}
            width={Math.max(2, x(to) - x(from))}
            height={height - LABEL - 6}
          >
            <title>{`${clock(from)} to ${clock(to)}: ${text}`}</title>
          </rect>
        </g>
      ))}
    </g>
  );
}

function LaneName({ placed: { lane, top }, width }: { placed: PlacedLane; width: number }) {
  const label = lane.resource ? `${lane.service} · ${lane.resource}` : lane.service;
  return (
    <text class="lane-name" x={4} y={top + 15}>
      {printable(shortened(label, Math.max(12, Math.floor(width / 8))))}
      {lane.bands.length > 0 && (
        <tspan class="lane-note">{`   ${shortened(noteOf(lane), Math.floor(width / 14))}`}</tspan>
      )}
    </text>
  );
}

function noteOf({ bands }: Lane): string {
  if (bands.length === 1) return `full for ${duration(bands[0]!.to - bands[0]!.from)}: ${bands[0]!.text}`;
  return `full ${bands.length} times`;
}

function MarkSign({ mark, x, y }: { mark: Mark; x(time: number): number; y: number }) {
  const at = x(mark.at);
  const half = x(mark.at + mark.plusMinusMs) - at;
  const isCause = mark.moment.text.startsWith('cause: ');
  return (
    <g class={isCause ? 'mark cause' : 'mark'}>
      <title>{printable(`${clock(mark.at)} ${mark.moment.service}: ${mark.moment.text}`)}</title>
      {mark.plusMinusMs > 0 && (
        <path class="width" d={`M${at - half} ${y - 5}v10M${at - half} ${y}H${at + half}M${at + half} ${y - 5}v10`} />
      )}
      {isCause ? (
        <path class="sign" d={`M${at} ${y - 12}L${at + 12} ${y}L${at} ${y + 12}L${at - 12} ${y}z`} />
      ) : (
        <circle class="sign" cx={at} cy={y} r={RADIUS} />
      )}
      <text class="sign-text" x={at} y={y + 4}>
        {mark.number}
      </text>
    </g>
  );
}

interface ArrowProps {
  arrow: LaneArrow;
  placed: PlacedLane[];
  x(time: number): number;
  isNarrow: boolean;
}

/** From the first time on one lane to the first on another; lanes without a time have no arrow. */
function Arrow({ arrow, placed, x, isNarrow }: ArrowProps) {
  const [from, to] = [placed[arrow.from]!, placed[arrow.to]!];
  const start = firstOf(from);
  const end = firstOf(to);
  if (!start || !end) return null;
  const isDown = arrow.to > arrow.from;
  const gap = isDown ? RADIUS + 3 : -RADIUS - 3;
  const [x1, y1] = [x(start.at), start.y + gap];
  const [x2, y2] = [x(end.at), end.y - gap];
  const bend = (y2 - y1) / 2;
  return (
    <g class={`arc ${arrow.by}`}>
      <path d={`M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`} marker-end="url(#arrow)" />
      <title>{arrow.by}</title>
      {!isNarrow && (
        <text x={(x1 + x2) / 2 + 8} y={(y1 + y2) / 2 + 4}>
          {arrow.by}
        </text>
      )}
    </g>
  );
}

function firstOf({ lane, top, rowOf }: PlacedLane): { at: number; y: number } | undefined {
  const [mark] = lane.marks;
  if (mark) return { at: mark.at, y: yOf(top, rowOf.get(mark)!) };
  const [band] = lane.bands;
  return band && { at: band.from, y: yOf(top, 0) };
}
