// Draws one trace as a waterfall in the terminal, its waits in a colour and a texture of their own, and the
// log lines that carry its ID.
import { styleText } from 'node:util';
import { isPoolWait, isQuery } from './worst-trace.mjs';

/** @typedef {import('./receiver.mjs').Span} Span */

const COLOURS = { gateway: 'cyan', orders: 'blueBright', worker: 'magenta', payments: 'green' };
const PINO_KEYS = new Set('level time pid hostname name msg reqId trace_id span_id trace_flags x_trace_id'.split(' '));
const LEVELS = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const LEVEL_COLOURS = { warn: 'yellow', error: 'red', fatal: 'red' };
const WAIT_COLOUR = 'yellow';
const POOL_WAIT_STYLE = ['bold', WAIT_COLOUR];
const WORK = '▇'; // an eighth short of full height, so that rows stay apart
const INSTANT = '▏';
const WAIT = '▒';
const WORTH_A_WORD = 0.01; // of the whole trace
const TICKS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

/**
 * @param {Span[]} trace
 * @param {{ width: number, traces: Map<string, Span[]> }} options `traces` names the holders of connections
 * @returns {string[]} lines
 */
export function waterfall(trace, { width, traces }) {
  const rows = inOrder(trace);
  const beginning = Math.min(...trace.map(({ start }) => start));
  const total = Math.max(...trace.map(({ end }) => end)) - beginning;

  const serviceWidth = Math.max(...trace.map(({ service }) => service.length)) + 2;
  const longestName = Math.max(26, Math.min(36, width - 52));
  const nameWidth =
    Math.min(longestName, Math.max(...rows.map(({ branch, span }) => branch.length + titleOf(span).length))) + 2;
  const durationWidth = 10;
  const barWidth = Math.max(20, width - 4 - serviceWidth - nameWidth - durationWidth);
  const cell = (instant) => ((instant - beginning) / total) * barWidth;

  const lines = [`${' '.repeat(2 + serviceWidth + nameWidth)}${styleText('dim', timeAxis(total, barWidth))}`];
  for (const { span, branch, below } of rows) {
    const colour = COLOURS[span.service] ?? 'white';
    const name = shortened(branch + titleOf(span), nameWidth - 2).padEnd(nameWidth);
    const duration = milliseconds(span.end - span.start).padStart(durationWidth);
    lines.push(
      `  ${styleText(colour, span.service.padEnd(serviceWidth))}` +
        styleText('dim', name.slice(0, branch.length)) +
        styleText(nameStyle(span), name.slice(branch.length)) +
        bar(span, cell, barWidth, colour) +
        (span.failed ? styleText('red', `${duration} ✗`) : duration),
    );
    for (const line of wrap(explanation(span, traces, total), width - 4 - serviceWidth - below.length)) {
      lines.push(
        `  ${' '.repeat(serviceWidth)}${styleText('dim', below)}${styleText(isPoolWait(span) ? POOL_WAIT_STYLE : WAIT_COLOUR, line)}`,
      );
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
  return name;
}

function shortened(text, width) {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function nameStyle(span) {
  if (span.failed) return 'red';
  return isPoolWait(span) ? POOL_WAIT_STYLE : 'reset';
}

function bar(span, cell, width, colour) {
  const start = Math.min(width - 1, Math.floor(cell(span.start)));
  const end = Math.max(start + 1, Math.min(width, Math.round(cell(span.end))));
  const queued = Math.max(0, Math.min(start, Math.floor(cell(span.start - (span.attributes['queue.wait_ms'] ?? 0)))));
  const short = cell(span.end) - cell(span.start) < 0.5;
  const [glyph, style] = isPoolWait(span) ? [WAIT, WAIT_COLOUR] : [WORK, span.failed ? 'red' : colour];
  const body = styleText(style, short ? INSTANT : glyph.repeat(end - start));
  return ' '.repeat(queued) + styleText(WAIT_COLOUR, WAIT.repeat(start - queued)) + body + ' '.repeat(width - end);
}

/** What the span waited for, in words; nothing if the wait hardly matters. */
function explanation(span, traces, total) {
  const { attributes } = span;
  const waited = attributes[isPoolWait(span) ? 'pool.wait_ms' : 'queue.wait_ms'];
  const attempt = attributes['queue.attempt'] ?? 1;
  if (waited === undefined || (waited < total * WORTH_A_WORD && attempt === 1)) return '';
  if (isPoolWait(span)) {
    const used = `${attributes['pool.used']}/${attributes['pool.limit']} used, ${attributes['pool.pending']} waiting`;
    const what = attributes['pool.wait_reason'] === 'connect' ? 'a new connection' : 'a connection';
    const holder = holderOf(attributes, traces);
    return `${WAIT} waited ${milliseconds(waited)} for ${what} of ${span.name.replace('.acquire', '')} (${used})${holder && `; held by ${holder}`}`;
  }
  const which = attempt > 1 ? `; attempt ${attempt} of ${attributes['queue.max_attempts']}` : '';
  return `${WAIT} waited ${milliseconds(waited)} in queue ${attributes['messaging.destination.name']}${which}`;
}

/** Who held the oldest connection. The holder's own trace tells more than the wait knew of it: its request, and how long the query took in the end. */
function holderOf(attributes, traces) {
  const trace = traces.get(attributes['pool.holder.trace_id']) ?? [];
  const request = trace.find(({ parentSpanId }) => parentSpanId === '');
  const query = trace.filter(isQuery).toSorted((a, b) => b.end - b.start - (a.end - a.start))[0];
  if (request && query) return `${request.name}: ${query.name}, ${milliseconds(query.end - query.start)}`;
  return attributes['pool.holder.operation'] ?? '';
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

/**
 * @param {{ service: string, record: Record<string, any> }[]} logs lines of pino
 * @returns {string[]} lines
 */
export function logLines(logs) {
  const width = Math.max(...logs.map(({ service }) => service.length)) + 2;
  return logs
    .toSorted((a, b) => a.record.time - b.record.time)
    .map(({ service, record }) => {
      const name = styleText(COLOURS[service] ?? 'white', service.padEnd(width));
      const level = LEVELS[record.level] ?? String(record.level);
      return `  ${styleText('dim', clock(record.time))}  ${name}${styleText(LEVEL_COLOURS[level] ?? 'dim', level.padEnd(7))}${messageOf(record)}`;
    });
}

/** The message and what the service added to it. */
function messageOf(record) {
  const fields = Object.entries(record)
    .filter(([key]) => !PINO_KEYS.has(key))
    .map(([key, value]) => fieldOf(key, value));
  return `${record.msg}${fields.length ? styleText('dim', `  ${fields.join(' ')}`) : ''}`;
}

/** Fastify logs its requests and responses as objects. */
function fieldOf(key, value) {
  if (key === 'req') return `${value.method} ${value.url}`;
  if (key === 'res') return String(value.statusCode);
  if (key === 'responseTime') return milliseconds(value);
  if (key === 'err') return value.message;
  return `${key}=${JSON.stringify(value)}`;
}

function clock(time) {
  const date = new Date(time);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `2 914 ms`; one decimal below ten. */
export function milliseconds(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return `${String(Math.round(ms)).replace(/\B(?=(\d{3})+$)/g, ' ')} ms`;
}

/** Breaks a text that is too long at its semicolon, then at spaces, but not inside a duration. */
function wrap(text, width) {
  if (text.length <= width) return text ? [text] : [];
  const lines = [];
  for (const part of text.split(/(?<=;) /)) {
    let line = lines.length ? '  ' : '';
    for (const word of part.split(/ (?!\d{3} ms|ms)/)) {
      if (line.trim() && line.length + 1 + word.length > width) {
        lines.push(line);
        line = '  ';
      }
      line += line.trim() ? ` ${word}` : word;
    }
    lines.push(line);
  }
  return lines;
}
