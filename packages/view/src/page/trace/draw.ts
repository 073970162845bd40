import { ticks } from '../frame/ticks.ts';
import type { Colours } from './colours.ts';
import type { Row, TraceModel } from './model.ts';
import { drawNote } from './note.ts';
import { drawDiamond } from './signs.ts';

export interface Picture {
  model: TraceModel;
  rows: Int32Array;
  /** In `rows`; offset above the edge. */
  first: number;
  offset: number;
  width: number;
  height: number;
  rowHeight: number;
  barTop: number;
  from: number;
  to: number;
  selected: number;
}

const BAR = 12;
const LEAST = 1.5;
const FONT = '12px system-ui, sans-serif';

export function draw(on: CanvasRenderingContext2D, picture: Picture, colours: Colours): void {
  const { model, rows, first, offset, width, height, rowHeight, from, to, selected } = picture;
  const x = (time: number): number => ((time - from) / (to - from)) * width;
  on.clearRect(0, 0, width, height);
  on.font = FONT;
  on.textBaseline = 'middle';
  on.fillStyle = colours.line;
  for (const at of ticks(from, to, Math.max(2, Math.floor(width / 110)), model.from)) on.fillRect(x(at), 0, 1, height);
  for (let row = first, top = -offset; row < rows.length && top < height; row++, top += rowHeight) {
    const place = rows[row]!;
    if (place === selected) {
      on.fillStyle = colours.chosen;
      on.fillRect(0, top, width, rowHeight);
    }
    drawSpan(on, model.row(place), { x, top: top + picture.barTop, picture, colours });
  }
}

interface Where {
  x(time: number): number;
  top: number;
  picture: Picture;
  colours: Colours;
}

function drawSpan(on: CanvasRenderingContext2D, span: Row, { x, top, picture, colours }: Where): void {
  const { width, model } = picture;
  const { queuedMs = 0, delayMs = 0, waitedInsideMs = 0, events = [] } = span;
  const left = x(span.start);
  const right = Math.max(left + LEAST, x(span.start + span.durationMs));
  const middle = top + BAR / 2;
  if (queuedMs > 0) drawWait(on, x(span.start - queuedMs), left, top + 2, BAR - 4, colours);
  if (delayMs > 0) drawPause(on, x(span.start - delayMs), left, middle, colours);
  if (span.isWait) drawWait(on, left, right, top, BAR, colours);
  else {
    on.fillStyle = colours.series[model.services.indexOf(span.service) % colours.series.length]!;
    on.fillRect(left, top, right - left, BAR);
    const waited = Math.min(right, x(span.start + waitedInsideMs));
    if (waited - left > 2) drawWait(on, left, waited, top, BAR, colours);
  }
  for (const { from, to } of model.critical.get(span.spanId) ?? []) {
    on.fillStyle = colours.critical;
    on.fillRect(x(from), top + BAR + 1, Math.max(1, x(to) - x(from)), 2.5);
  }
  for (const after of events) drawDiamond(on, x(span.start + after), middle, colours);
  if (span.status === 'error') {
    on.strokeStyle = colours.error;
    on.lineWidth = 1.5;
    on.strokeRect(left, top, right - left, BAR);
  }
  const before = x(span.start - Math.max(queuedMs, delayMs));
  drawNote(on, span, { before, after: right, middle, width, colours });
}

function drawWait(
  on: CanvasRenderingContext2D,
  left: number,
  right: number,
  top: number,
  height: number,
  colours: Colours,
): void {
  const width = Math.max(LEAST, right - left);
  on.fillStyle = colours.wait;
  on.fillRect(left, top, width, height);
  on.strokeStyle = colours.waitLine;
  on.lineWidth = 1;
  on.strokeRect(left + 0.5, top + 0.5, Math.max(0.5, width - 1), height - 1);
}

/** Dots before the later attempt. */
function drawPause(on: CanvasRenderingContext2D, left: number, right: number, middle: number, colours: Colours): void {
  on.fillStyle = colours.quiet;
  // Outside the picture it is free.
  for (let at = right - 3; at > Math.max(left, 0); at -= 6) on.fillRect(at, middle - 1, 2, 2);
}
