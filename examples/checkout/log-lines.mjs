// The lines that pino wrote, as a person reads them.
import { styleText } from 'node:util';
import { COLOURS, milliseconds } from './text.mjs';

const PINO_KEYS = new Set('level time pid hostname name msg reqId trace_id span_id trace_flags x_trace_id'.split(' '));
const LEVELS = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const LEVEL_COLOURS = { warn: 'yellow', error: 'red', fatal: 'red' };

/** A line of pino, or undefined if somebody else wrote it. */
export function recordOf(line) {
  try {
    return line.startsWith('{') ? JSON.parse(line) : undefined;
  } catch {
    return undefined;
  }
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
