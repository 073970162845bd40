import { duration } from '../words/duration.ts';
import type { Colours } from './colours.ts';
import { notesOf } from './notes.ts';
import type { Row } from './model.ts';
import { drawAttempt, drawBreaker, drawCross } from './signs.ts';

const GAP = 6;
const HALF_LINE = 8;

interface Room {
  before: number;
  after: number;
  middle: number;
  width: number;
  colours: Colours;
}

/** Before the bar if after is full. */
export function drawNote(on: CanvasRenderingContext2D, span: Row, room: Room): void {
  const { before, after, middle, width, colours } = room;
  const signs = signsOf(span);
  const needed = (text: string): number =>
    on.measureText(text).width + signs.reduce((sum, sign) => sum + sign.width, 0) + 2 * GAP;
  const short = duration(span.durationMs);
  const long = [short, ...notesOf(span)].join(' · ');
  const fitting = [long, short].find((text) => after + needed(text) <= width || needed(text) <= before);
  const text = fitting ?? short;
  const isAfter = after + needed(text) <= width;
  let at = isAfter ? after + GAP : Math.max(GAP, (fitting ? before : width) - needed(text) + GAP);
  if (!fitting) {
    // Over a bar, text needs a background.
    on.fillStyle = colours.stripe;
    on.fillRect(at - 3, middle - HALF_LINE, needed(text) - GAP, 2 * HALF_LINE);
  }
  for (const { sign, width: its } of signs) {
    sign(on, at, middle, colours);
    at += its;
  }
  on.fillStyle = colours.text;
  on.fillText(text, at, middle);
}

interface Sign {
  width: number;
  sign(on: CanvasRenderingContext2D, x: number, y: number, colours: Colours): void;
}

function signsOf({ status, breaker, attempt }: Row): Sign[] {
  const signs: Sign[] = [];
  if (status === 'error') signs.push({ width: 13, sign: drawCross });
  if (breaker) {
    signs.push({ width: 23, sign: (on, x, y, colours) => drawBreaker(on, x, y, breaker === 'open', colours) });
  }
  if (attempt) {
    const label = attempt > 99 ? '99+' : String(attempt);
    const box = 9 + 7 * label.length;
    signs.push({ width: box + 5, sign: (on, x, y, colours) => drawAttempt(on, x, y, { label, box }, colours) });
  }
  return signs;
}
