// Draws one trace as a waterfall in the terminal, its waits in a colour and a texture of their own.
import { styleText } from 'node:util';
import { isPoolWait } from './spans.mjs';
import { COLOURS, milliseconds, shortened, wrap } from './text.mjs';
import { wordsOf } from './words.mjs';
import { lengthOf } from './worst-trace.mjs';

/** @typedef {import('./receiver.mjs').Span} Span */

const WAIT_COLOUR = 'yellow';
const POOL_WAIT_STYLE = ['bold', WAIT_COLOUR];
const WORK = '▇'; // an eighth short of full height, so that rows stay apart
const INSTANT = '▏';
const WAIT = '▒';
const DURATION_WIDTH = 10;
const TICKS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

/**
 * @param {Span[]} trace
 * @param {{ width: number, traces: Map<string, Span[]> }} options `traces` names the holders of connections
 * @returns {string[]} lines
 */
export function waterfall(trace, { width, traces }) {
  const rows = inOrder(trace);
  const beginning = Math.min(...trace.map(({ start }) => start));
  const total = lengthOf(trace);

  const serviceWidth = Math.max(...trace.map(({ service }) => service.length)) + 2;
  const longestName = Math.max(26, Math.min(36, width - 52));
  const nameWidth =
    Math.min(longestName, Math.max(...rows.map(({ branch, span }) => branch.length + titleOf(span).length))) + 2;
  const barWidth = Math.max(20, width - 4 - serviceWidth - nameWidth - DURATION_WIDTH);
  const cell = (instant) => ((instant - beginning) / total) * barWidth;

  const lines = [`${' '.repeat(2 + serviceWidth + nameWidth)}${styleText('dim', timeAxis(total, barWidth))}`];
  for (const { span, branch, below } of rows) {
    const colour = COLOURS[span.service] ?? 'white';
    const name = shortened(branch + titleOf(span), nameWidth - 2).padEnd(nameWidth);
    const duration = milliseconds(span.end - span.start).padStart(DURATION_WIDTH);
    lines.push(
      `  ${styleText(colour, span.service.padEnd(serviceWidth))}` +
        styleText('dim', name.slice(0, branch.length)) +
        styleText(nameStyle(span), name.slice(branch.length)) +
        bar(span, cell, barWidth, colour) +
        (span.failed ? styleText('red', `${duration} ✗`) : duration),
    );
    const room = width - 4 - serviceWidth - below.length;
    const words = wordsOf(span, { traces, total }).flatMap((text) => wrap(text, room));
    const style = isPoolWait(span) ? POOL_WAIT_STYLE : WAIT_COLOUR;
    for (const line of words) {
      lines.push(`  ${' '.repeat(serviceWidth)}${styleText('dim', below)}${styleText(style, line)}`);
    }
  }
  return lines;
}

/** Depth first, children by their start; each with the branches of the tree before its name. */
function inOrder(trace) {
  const ids = new Set(trace.map(({ spanId }) => spanId));
  const children = Map.groupBy(trace, ({ parentSpanId }) => (ids.has(parentSpanId) ? parentSpanId : ''));
  const rows = [];
  const visit = (span, branch, below) => {
    const its = (children.get(span.spanId) ?? []).toSorted((a, b) => a.start - b.start);
    rows.push({ span, branch, below: below + (its.length ? '│ ' : '  ') });
    its.forEach((child, i) => {
      const isLast = i === its.length - 1;
      visit(child, below + (isLast ? '└ ' : '├ '), below + (isLast ? '  ' : '│ '));
    });
  };
  for (const root of (children.get('') ?? []).toSorted((a, b) => a.start - b.start)) visit(root, '', '');
  return rows;
}

function titleOf({ name, kind, attributes }) {
  const status = attributes['http.response.status_code'];
  if (kind === 'CLIENT' && status) return `${name} → ${status}`;
  if (attributes['cache.hit'] !== undefined)
    return `${attributes['db.query.text']} → ${attributes['cache.hit'] ? 'hit' : 'miss'}`;
  const topic = attributes['messaging.rabbitmq.destination.routing_key'];
  return topic ? `${name} → ${topic}` : name;
}

function nameStyle(span) {
  if (span.failed) return 'red';
  return isPoolWait(span) ? POOL_WAIT_STYLE : 'reset';
}

/** Before the bar, what passed until there was something to do: in a queue, or between two attempts. */
function bar(span, cell, width, colour) {
  const { attributes } = span;
  const start = Math.min(width - 1, Math.floor(cell(span.start)));
  const end = Math.max(start + 1, Math.min(width, Math.round(cell(span.end))));
  const idle = attributes['queue.wait_ms'] ?? attributes['retry.delay_ms'] ?? 0;
  const queued = Math.max(0, Math.min(start, Math.floor(cell(span.start - idle))));
  const short = cell(span.end) - cell(span.start) < 0.5;
  const [glyph, style] = isPoolWait(span) ? [WAIT, WAIT_COLOUR] : [WORK, span.failed ? 'red' : colour];
  const body = styleText(style, short ? INSTANT : glyph.repeat(end - start));
  return ' '.repeat(queued) + styleText(WAIT_COLOUR, WAIT.repeat(start - queued)) + body + ' '.repeat(width - end);
}

function timeAxis(total, width) {
  const step = TICKS_MS.find((ms) => (ms / total) * width >= 10) ?? TICKS_MS.at(-1);
  let axis = '';
  for (let at = 0; at < total; at += step) {
    axis = axis.padEnd(Math.round((at / total) * width));
    const label = `│${step < 1_000 ? `${at} ms` : `${at / 1_000} s`}`;
    if (axis.length + label.length <= width) axis += label;
  }
  return axis;
}
