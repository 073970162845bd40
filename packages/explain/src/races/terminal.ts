import { styleText } from 'node:util';
import { count, duration } from '../report/figures.ts';
import { printable } from '../report/printable.ts';
import { wrap } from '../report/wrap.ts';
import type { RaceFinding, RaceMoment, RacesAnswer } from './answer.ts';
import type { RaceKind } from './finding.ts';

const MOST_FINDINGS = 10;

const NAMES: Record<RaceKind, string> = {
  lost_update: 'LOST UPDATE',
  check_then_act: 'CHECK, THEN ACT',
  double_processing: 'DOUBLE PROCESSING',
  stale_read: 'STALE READ',
};

/** Each finding with the times of one that happened. */
export function racesTerminal(answer: RacesAnswer, { width, color }: { width: number; color: boolean }): string {
  const style = (as: 'bold' | 'dim', text: string): string =>
    color ? styleText(as, text, { validateStream: false }) : text;
  const lines: string[] = [];
  for (const finding of answer.findings.slice(0, MOST_FINDINGS)) {
    lines.push(style('bold', NAMES[finding.kind]), ...wrap(printable(sentence(finding)), width));
    lines.push(...timeline(finding).map((line) => printable(line).slice(0, width)));
    const traces = [...new Set(finding.timeline.map(({ traceId }) => traceId))];
    lines.push(style('dim', `  traces ${printable(traces.join('  '))}`.slice(0, Math.max(width, 90))), '');
  }
  const left = answer.findings.length - MOST_FINDINGS;
  if (left > 0) lines.push(`${left} more: --json`, '');
  const whole = answer.findings.length === 0 ? `No races seen. ${compared(answer)}` : compared(answer);
  lines.push(...wrap(whole, width), ...answer.notes.map((note) => printable(note).slice(0, width)));
  return `${lines.join('\n')}\n`;
}

function sentence({ text, on, times, things }: RaceFinding): string {
  const often = times === 1 ? 'Once' : `${times} times, on ${things}`;
  return `${text}. ${often}; this is ${on}:`;
}

function timeline({ timeline: moments }: RaceFinding): string[] {
  const services = Math.max(...moments.map(({ service }) => service.length));
  return moments.map((moment, at) => {
    const { service, operation, traceId } = moment;
    const when = at === 0 ? moment.at.slice(11, 26) : sinceFirst(moment);
    return `  ${when.padStart(24)}  ${service.padEnd(services)}  ${traceId.slice(0, 8)}  ${operation}`;
  });
}

function sinceFirst({ afterMs, plusMinusMs }: RaceMoment): string {
  const exactly = afterMs < 10 ? `${afterMs.toFixed(3)} ms` : duration(afterMs);
  if (plusMinusMs === 0) return `+${exactly}`;
  return `+${exactly} ±${plusMinusMs < 0 ? '?' : duration(plusMinusMs)}`;
}

function compared({ compared: { cacheKeys, rows, messages, clocksUnknown, spans } }: RacesAnswer): string {
  const parts = [count(cacheKeys, 'cache key'), count(rows, 'row'), count(messages, 'handled message')];
  const text = `Compared: the calls to ${parts.join(', ')} of ${count(spans, 'span')}.`;
  if (cacheKeys + rows + messages === 0)
    return `${text} Spans have neither key nor row hashes: start the services with FORESHOCK_KEY_HASH.`;
  if (clocksUnknown === 0) return text;
  return `${text} Between ${count(clocksUnknown, 'pair')} of machines no call compares the clocks: no order was claimed.`;
}
