// What a person sees while the incident plays: a live chart in a terminal, plain lines anywhere else.
import { styleText } from 'node:util';
import { BREAKER_STATES } from './text.mjs';

/** @typedef {import('./incident.mjs').Checkout} Checkout */
/** @typedef {{ at: number, state: string }} BreakerCall a call, and the state its breaker was in */

const FRAME_MS = 200;
const LINE_MS = 2_000;
const WIDE = 105;
const ROWS = 7;
const SCALES_S = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20];
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const MARGIN = 9;
const SLOW_MS = 250;
const BAD_MS = 1_000;
/** How a breaker's state is drawn; the worst one of a column is. */
const BREAKER = { open: ['red', '▇'], half_open: ['yellow', '▇'], closed: ['green', '▁'] };

/**
 * Follows the checkouts, and the calls through the breaker, until `stop`.
 * @param {Checkout[]} checkouts
 * @param {BreakerCall[]} breakerCalls
 */
export function showProgress(checkouts, breakerCalls) {
  const { isTTY } = process.stdout;
  const { CI, NO_COLOR, TERM } = process.env;
  return isTTY && !CI && !NO_COLOR && TERM !== 'dumb' ? chart(checkouts, breakerCalls) : lines(checkouts, breakerCalls);
}

function chart(checkouts, breakerCalls) {
  const beginning = Date.now();
  const phases = [];
  let height = 0;

  const draw = () => {
    const frame = chartLines(checkouts, breakerCalls, phases, beginning, process.stdout.columns);
    process.stdout.write((height ? `\x1b[${height}A` : '') + frame.map((line) => `\x1b[2K${line}\n`).join(''));
    height = frame.length;
  };
  process.stdout.write('\x1b[?25l');
  const timer = setInterval(draw, FRAME_MS);
  return {
    phase: (name) => phases.push({ name, at: Date.now() }),
    stop: once(() => {
      clearInterval(timer);
      draw();
      process.stdout.write('\x1b[?25h');
    }),
  };
}

function lines(checkouts, breakerCalls) {
  let current = '';
  const print = () => console.log(`  ${current.padEnd(14)}${summary(checkouts, breakerCalls, LINE_MS)}`);
  const timer = setInterval(print, LINE_MS);
  return {
    phase(name) {
      if (current) print();
      current = name;
      timer.refresh();
    },
    stop: once(() => {
      clearInterval(timer);
      print();
    }),
  };
}

function summary(checkouts, breakerCalls, period) {
  const answered = checkouts.filter(({ endedAt }) => endedAt !== undefined).length;
  const slowest = slowestWithin(checkouts, Date.now() - period, Date.now());
  const [a, w] = [answered, checkouts.length - answered].map((count) => String(count).padStart(3));
  const breaker = BREAKER_STATES[breakerCalls.at(-1)?.state ?? 'closed'];
  return `${a} checkouts answered, ${w} waiting, slowest ${seconds(slowest)}, breaker ${breaker}`;
}

function chartLines(checkouts, breakerCalls, phases, beginning, width) {
  const now = Date.now();
  const step = width >= WIDE ? 250 : 500;
  const last = Math.floor((now - beginning) / step);
  const first = Math.max(0, last - (width - MARGIN - 2));
  const values = [];
  for (let column = first; column <= last; column++) {
    const from = beginning + column * step;
    values.push(slowestWithin(checkouts, from, Math.min(now, from + step)));
  }
  const scale = 1_000 * (SCALES_S.find((limit) => values.every((value) => value <= limit * 1_000)) ?? SCALES_S.at(-1));

  const lines = [];
  for (let row = ROWS - 1; row >= 0; row--) {
    const label = row === ROWS - 1 ? seconds(scale) : row === 0 ? '0 s' : '';
    const cells = values.map((value) => {
      const eighths = Math.round((value / scale) * ROWS * 8) - row * 8;
      const least = row === 0 ? 1 : 0; // nobody waited: still a column
      return styleText(colourOf(value), BLOCKS[Math.max(least, Math.min(8, eighths))]);
    });
    lines.push(styleText('dim', `${label.padStart(MARGIN - 2)} ${row === 0 ? '┼' : '┤'}`) + cells.join(''));
  }

  let axis = '';
  for (const { name, at } of phases) {
    const column = Math.floor((at - beginning) / step) - first;
    if (column >= 0) axis = axis.padEnd(column) + (axis.length > column ? ' ' : '') + name;
  }
  const columns = values.map((_, i) => beginning + (first + i) * step);
  const lane = columns.map((from) => breakerWithin(breakerCalls, from, from + step)).join('');
  lines.push(' '.repeat(MARGIN) + styleText('bold', axis.slice(0, width - MARGIN - 2)));
  lines.push(styleText('dim', 'breaker'.padStart(MARGIN - 1)) + ` ${lane}`, '');
  return [...lines, `  ${summary(checkouts, breakerCalls, step)}`];
}

/** The worst state of a column; where nothing was called, the one that was found last. */
function breakerWithin(calls, from, to) {
  const states = calls.filter(({ at }) => at >= from && at < to).map(({ state }) => state);
  const worst = Object.keys(BREAKER).find((state) => states.includes(state));
  return styleText(...BREAKER[worst ?? calls.findLast(({ at }) => at < from)?.state ?? 'closed']);
}

function colourOf(waited) {
  return waited > BAD_MS ? 'red' : waited > SLOW_MS ? 'yellow' : 'green';
}

/** The longest that any checkout had waited at some moment between two instants. */
function slowestWithin(checkouts, from, to) {
  let slowest = 0;
  for (const { startedAt, endedAt = Infinity } of checkouts) {
    if (startedAt < to && endedAt >= from) slowest = Math.max(slowest, Math.min(endedAt, to) - startedAt);
  }
  return slowest;
}

function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function once(action) {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
