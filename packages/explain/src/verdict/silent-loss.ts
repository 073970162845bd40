import { KIND } from '../spans/span-table.ts';
import { percent } from '../report/figures.ts';
import type { Reading } from './name-cause.ts';

/** Failed after their acknowledgement, swallowed or vanished, so they are not redelivered. */
export const silentLoss: Reading = ({ whole: { table } }, { place, mostly, notes, requests }) => {
  if ((notes.get('lost') ?? 0) > requests / 2)
    return { kind: 'silent_loss', place, detail: 'messages were settled or gone, and their work was not done' };
  const early = mostly.filter((row) => table.facts[row]?.ackedEarly === true && table.kind[row] === KIND.CONSUMER);
  if (early.length * 2 <= mostly.length) return undefined;
  const queue = table.facts[early[0]!]?.destination ?? '';
  return {
    kind: 'silent_loss',
    place: { service: table.service[early[0]!]!, resource: table.strings.id(`queue ${queue}`) },
    detail: `${percent(early.length / mostly.length)} of those that failed were acknowledged before`,
  };
};
