import { COLUMNS, type Column, type Rows } from './rows.ts';
import type { Evidence } from './shows.ts';

export interface Outcome {
  evidence: Evidence;
  passed: boolean;
}

const HEADERS: Record<Column, string> = {
  spans: 'spans',
  wait: 'wait',
  state: 'state',
  parent: 'right parent when full',
  'attempt or hit': 'attempt or hit',
  CJS: 'CJS',
  ESM: 'ESM',
};
const WIDTH = 110;
const LEGEND =
  '✓ shown by tests of this run   ✗ a test of it failed   ? not in this run: npm run test:matrix   – does not apply';

/**
 * One row per tested adapter.
 *
 * @param columns others are left to `npm run test:matrix`; default: all
 * @throws for evidence without a row
 */
export function tableOf(outcomes: readonly Outcome[], all: Rows, columns: readonly Column[] = COLUMNS): string {
  const stray = outcomes.find(({ evidence }) => !all.has(evidence.adapter));
  if (stray)
    throw new Error(`a test shows something of '${stray.evidence.adapter}', which is no library of an adapter`);
  const names = [...all.keys()];
  const shown = names.filter((name) => outcomes.some(({ evidence }) => evidence.adapter === name));
  if (shown.length === 0) return '';
  const rows = shown.map((name) =>
    rowOf(
      name,
      all.get(name)!,
      columns,
      outcomes.filter(({ evidence }) => evidence.adapter === name),
    ),
  );
  const header = ['adapter', ...columns.map((column) => HEADERS[column]), 'versions'];
  const widths = header.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i]!.length)));
  const lines = [header, ...rows].map((row) =>
    row
      .map((text, i) => (i === 0 || i === row.length - 1 ? text.padEnd(widths[i]!) : centred(text, widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  const unseen = names.filter((name) => !shown.includes(name));
  if (unseen.length > 0) lines.push('', ...wrapped(`No tests in this run: ${unseen.join(', ')}`));
  return [...lines, '', LEGEND].join('\n');
}

function rowOf(
  name: string,
  applies: readonly Column[],
  columns: readonly Column[],
  outcomes: readonly Outcome[],
): string[] {
  const cells = columns.map((column) => {
    const about = outcomes.filter(({ evidence }) => evidence.columns.includes(column));
    if (about.length === 0) return applies.includes(column) ? '?' : '–';
    return about.every(({ passed }) => passed) ? '✓' : '✗';
  });
  return [name, ...cells, versionsOf(outcomes)];
}

/** Lowest and newest. */
function versionsOf(outcomes: readonly Outcome[]): string {
  const versions = outcomes
    .flatMap(({ evidence: { version }, passed }) => (version && passed ? [version] : []))
    .sort(byVersion);
  const [lowest, newest] = [versions[0], versions.at(-1)];
  if (lowest === undefined) return '–';
  return lowest === newest ? lowest : `${lowest} – ${newest}`;
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function centred(text: string, width: number): string {
  return text.padStart(Math.floor((width + text.length) / 2)).padEnd(width);
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
