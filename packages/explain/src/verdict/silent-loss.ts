import { KIND, type SpanTable } from '../spans/span-table.ts';
import { count, percent } from '../report/figures.ts';
import type { Reading } from './named-cause.ts';

/** Failed after acknowledgement, swallowed or vanished: not redelivered. */
export const silentLoss: Reading = ({ whole: { table } }, { place, mostly, notes, requests }) => {
  if ((notes.get('lost') ?? 0) > requests / 2) return { kind: 'silent_loss', place, detail: detailOf(table, mostly) };
  const early = mostly.filter((row) => table.attributes[row]?.ackedEarly === true && table.kind[row] === KIND.CONSUMER);
  if (early.length * 2 <= mostly.length) return undefined;
  // What their work failed of came first.
  if (place.service !== table.service[early[0]!] || place.resource !== 0) return undefined;
  const queue = table.attributes[early[0]!]?.destination ?? '';
  return {
    kind: 'silent_loss',
    place: { service: table.service[early[0]!]!, resource: table.strings.id(`queue ${queue}`) },
    detail: `${percent(early.length / mostly.length)} of those that failed were acknowledged before`,
  };
};

/** An unhandled message has only its sender's span. */
function detailOf({ kind }: SpanTable, mostly: number[]): string {
  const unseen = mostly.filter((row) => kind[row] === KIND.PRODUCER).length;
  if (unseen * 2 > mostly.length)
    return `${count(unseen, 'message')} ${unseen === 1 ? 'was' : 'were'} never handled, and later ones were`;
  return 'their handler logged an error, and they were settled';
}
