/* The tables of supported libraries in the READMEs. */
import { isBuiltin } from 'node:module';
import type { Adapter } from '@foreshock/kit';

const START = '<!-- adapters: made by `npm run generate` -->';
const END = '<!-- /adapters -->';

/** One row an adapter; adapters that show the same share one. */
export function supportedTable(adapters: readonly Adapter<any>[]): string {
  const rows = [...Map.groupBy(adapters, ({ summary }) => summary)].map(([summary, alike]) => [
    alike.map(titleOf).join(', '),
    alike.map(versionsOf).join(', '),
    summary,
  ]);
  return markdownTable([['library', 'versions', 'what it shows'], ...rows]);
}

/** The text with its table replaced; it must have the two marks. */
export function withTable(text: string, table: string, file: string): string {
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) throw new Error(`${file} has no place for its table: ${START} and ${END}`);
  return `${text.slice(0, start)}${START}\n\n${table}\n\n${text.slice(end)}`;
}

function titleOf({ title, library }: Adapter<any>): string {
  return title ?? `\`${library}\``;
}

/** `>=4.17.1 <6` is `4.17.1 – 5`, `>=0.1.0 <0.5` is `0.1 – 0.4`. What is a part of Node has Node's version, what is ours none. */
function versionsOf({ library, versions, libraryVersions = versions }: Adapter<any>): string {
  if (isBuiltin(library)) return 'Node’s';
  if (library.startsWith('foreshock')) return '–';
  const [, lowest, zero = '', above] = /^>=(\d+\.\d+\.\d+) <(0\.)?(\d+)$/.exec(libraryVersions) ?? [];
  if (lowest === undefined) throw new Error(`${library}: versions are written '>=1.2.3 <4', not '${libraryVersions}'`);
  const newest = `${zero}${Number(above) - 1}`;
  const oldest = lowest.replace(/(\.0)+$/, '');
  return oldest === newest ? oldest : `${oldest} – ${newest}`;
}

/** As oxfmt writes it. */
function markdownTable(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [header, ...body] = rows.map((row) => line(row.map((cell, i) => cell.padEnd(widths[i]!))));
  return [header, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}
