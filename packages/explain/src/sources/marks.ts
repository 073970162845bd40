import type { Mark } from '../spans/known-attributes.ts';
import type { SpanTable } from '../spans/span-table.ts';

const MARKS: ReadonlySet<string> = new Set([
  'circuitbreaker.transition',
  'retry.storm',
  'cache.stampede',
  'pool.leak',
  'error.logged',
  'connection.opened',
]);

/** An exception gives a missing error type. */
export function addMark(table: SpanTable, mark: Mark): void {
  if (MARKS.has(mark.name)) table.marks.push(mark);
  else if (mark.name === 'exception' && table.failed[mark.row] === 1 && table.errorType[mark.row] === 0)
    table.errorType[mark.row] = table.strings.id(errorOf(mark.values));
}

/** A code in the message says more than `Error`. */
const CODE = /\b(?:E[A-Z]{5,}|UND_ERR_[A-Z_]+)\b|connection (?:refused|reset)|no such host|timed? ?out/i;

function errorOf(values: Mark['values']): string {
  const code = CODE.exec(String(values['exception.message'] ?? ''))?.[0];
  return code ?? String(values['exception.type'] ?? '');
}
