import { styleText } from 'node:util';
import type { Answer, ChangeRow } from './answer.ts';
import { duration, percent } from './figures.ts';
import { printable } from './printable.ts';
import { wrap } from './wrap.ts';

const MOST_LINES = 40;

/** At most 40 lines. */
export function terminal(answer: Answer, { width, color }: { width: number; color: boolean }): string {
  const bold = (text: string): string => (color ? styleText('bold', text, { validateStream: false }) : text);
  const dim = (text: string): string => (color ? styleText('dim', text, { validateStream: false }) : text);
  const lines: string[] = [bold(answer.verdict.toUpperCase()), ...wrap(printable(answer.text), width)];
  const section = (title: string, rows: string[]): void => {
    if (rows.length > 0) lines.push('', dim(title), ...rows.map((row) => `  ${printable(row)}`.slice(0, width)));
  };
  const traces = answer.causes.slice(0, 2).map(({ rank, traceIds }) => `${rank}. ${traceIds.slice(0, 2).join('  ')}`);
  section('traces', traces);
  section('before and after', (answer.changes ?? []).slice(0, 12).map(changeLine));
  section(
    'timeline',
    answer.timeline.slice(0, 9).map((each) => momentLine(each)),
  );
  section(
    'where the time went',
    answer.time
      .slice(0, 4)
      .map(
        ({ service, operation, spentOn, share }) =>
          `${percent(share).padStart(5)}  ${service}  ${spentOn}  ${operation}`,
      ),
  );
  section(
    'pools',
    answer.pools
      .slice(0, 3)
      .map(
        ({ service, pool, waits, longestWaitMs, holders }) =>
          `${service} ${pool}: ${waits} waits, longest ${duration(longestWaitMs)}${holders[0] ? `, held by ${holders[0]}` : ''}`,
      ),
  );
  section(
    'retries',
    answer.retries
      .slice(0, 2)
      .map(
        ({ service, target, firstTries, resends, jitter }) =>
          `${service} → ${target}: ${resends} beside ${firstTries} first tries${jitter === false ? ', all after the same pause' : ''}`,
      ),
  );
  section(
    'circles',
    answer.cycles.slice(0, 2).map((services) => services.join(' ⇄ ')),
  );
  section('not seen', answer.coverage.blindSpots.slice(0, 3));
  return `${lines.slice(0, MOST_LINES).join('\n')}\n`;
}

function momentLine({ at, plusMinusMs, service, text, traceIds }: Answer['timeline'][number]): string {
  const width = plusMinusMs >= 1 ? ` ±${duration(plusMinusMs)}` : '';
  return `${at.slice(11, 23)}${width}  ${service}  ${text}${traceIds[0] ? `  ${traceIds[0].slice(0, 8)}` : ''}`;
}

function changeLine({ what, service, operation, before, after, calls }: ChangeRow): string {
  const figure = (value: number | null): string =>
    value === null ? 'none' : what === 'more_calls' ? `${value} a request` : duration(value);
  return `${what.padEnd(10)}  ${service}  ${operation}: ${figure(before)} → ${figure(after)} (${calls} calls)`;
}
