import type { Mark } from './known-attributes.ts';
import { KIND, type SpanTable } from './span-table.ts';

/** Also spans such as `pool.leak orders`, made after the caller ended. */
export function marksOf(table: SpanTable, name: string): Mark[] {
  const marks = table.marks.filter((mark) => mark.name === name);
  for (let row = 0; row < table.size; row++) {
    if (table.kind[row] !== KIND.INTERNAL) continue;
    const text = table.strings.text(table.name[row]!);
    if (text === name || text.startsWith(`${name} `)) marks.push({ row, name, at: table.start[row]!, values: {} });
  }
  return marks;
}
