import type { Colours } from './colours.ts';

/** Shapes differ, not only colours. */

export function drawCross(on: CanvasRenderingContext2D, x: number, y: number, { error }: Colours): void {
  on.strokeStyle = error;
  on.lineWidth = 2.2;
  on.beginPath();
  on.moveTo(x, y - 4);
  on.lineTo(x + 8, y + 4);
  on.moveTo(x, y + 4);
  on.lineTo(x + 8, y - 4);
  on.stroke();
}

export function drawBreaker(
  on: CanvasRenderingContext2D,
  x: number,
  y: number,
  isOpen: boolean,
  { text }: Colours,
): void {
  on.strokeStyle = on.fillStyle = text;
  on.lineWidth = 1.6;
  if (!isOpen) on.setLineDash([2, 2]);
  on.beginPath();
  on.moveTo(x + 3, y + 3);
  on.lineTo(x + 13, y - 5);
  on.stroke();
  on.setLineDash([]);
  for (const at of [x + 3, x + 16]) {
    on.beginPath();
    on.arc(at, y + 3, 2, 0, Math.PI * 2);
    on.fill();
  }
}

export function drawAttempt(
  on: CanvasRenderingContext2D,
  x: number,
  y: number,
  { label, box }: { label: string; box: number },
  { text, line }: Colours,
): void {
  on.fillStyle = line;
  on.strokeStyle = text;
  on.lineWidth = 1;
  on.beginPath();
  on.roundRect(x, y - 7.5, box, 15, 4);
  on.fill();
  on.stroke();
  on.fillStyle = text;
  on.textAlign = 'center';
  on.fillText(label, x + box / 2, y + 0.5);
  on.textAlign = 'left';
}

export function drawDiamond(on: CanvasRenderingContext2D, x: number, y: number, { text, stripe }: Colours): void {
  on.fillStyle = text;
  on.strokeStyle = stripe;
  on.lineWidth = 1;
  on.beginPath();
  on.moveTo(x, y - 5);
  on.lineTo(x + 4, y);
  on.lineTo(x, y + 5);
  on.lineTo(x - 4, y);
  on.closePath();
  on.fill();
  on.stroke();
}
