import type { Mark } from './facts.ts';
import { KIND, type SpanTable } from './span-table.ts';

/** All events of a name, and the spans of that name that stand for one whose caller had ended: `pool.leak orders`. */
export function marksOf(table: SpanTable, name: string): Mark[] {
  const marks = table.marks.filter((mark) => mark.name === name);
  for (let row = 0; row < table.size; row++) {
    if (table.kind[row] !== KIND.INTERNAL) continue;
    const text = table.strings.text(table.name[row]!);
    if (text === name || text.startsWith(`${name} `)) marks.push({ row, name, at: table.start[row]!, values: {} });
  }
  return marks;
}
