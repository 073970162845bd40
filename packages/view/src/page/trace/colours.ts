/** From the style sheet: a canvas has none. */
export interface Colours {
  series: string[];
  text: string;
  quiet: string;
  line: string;
  stripe: string;
  chosen: string;
  error: string;
  critical: string;
  wait: CanvasPattern;
  waitLine: string;
}

const SERIES = 8;

export function coloursOf(context: CanvasRenderingContext2D): Colours {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    series: Array.from({ length: SERIES }, (_, i) => colour(`series-${i}`)),
    text: colour('text'),
    quiet: colour('quiet'),
    line: colour('line'),
    stripe: colour('stripe'),
    chosen: colour('chosen'),
    error: colour('error'),
    critical: colour('text'),
    wait: hatch(context, colour('wait'), colour('wait-ground')),
    waitLine: colour('wait'),
  };
}

/** Diagonal stripes show waits without colour. */
function hatch(context: CanvasRenderingContext2D, stripe: string, ground: string): CanvasPattern {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const on = tile.getContext('2d')!;
  on.fillStyle = ground;
  on.fillRect(0, 0, 8, 8);
  on.strokeStyle = stripe;
  on.lineWidth = 2.4;
  on.beginPath();
  for (const from of [-8, 0, 8]) {
    on.moveTo(from - 1, 9);
    on.lineTo(from + 9, -1);
  }
  on.stroke();
  return context.createPattern(tile, 'repeat')!;
}

export function watchTheme(changed: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', changed);
  return () => dark.removeEventListener('change', changed);
}
