import type { Analysis } from '../analyse.ts';
import type { TimeChange } from '../changes/time-changes.ts';
import type { ChangeRow } from './answer.ts';
import { round } from './figures.ts';
import { operationOf } from './operation.ts';
import { SPENT_ON } from './spent-on.ts';

const MOST_OF_A_KIND = 5;
const FEWEST_CALLS = 10;
const FASTER = 0.67;
const LEAST_MS = 5;

export function changesOf({ known }: Analysis): ChangeRow[] {
  const row = (
    what: ChangeRow['what'],
    change: TimeChange,
    before: number | null,
    after: number | null,
  ): ChangeRow => ({
    what,
    service: known.whole.table.strings.text(change.signal.service),
    operation: operationOf(known.whole.table.strings, change.signal),
    spentOn: SPENT_ON[change.signal.kind],
    before: before === null ? null : round(before, 2),
    after: after === null ? null : round(after, 2),
    calls: change.n,
  });
  const { changes } = known;
  const slower = changes
    .filter(({ excessMs, isNew }) => excessMs > 0 && !isNew)
    .sort((a, b) => b.excessMs - a.excessMs);
  const faster = changes
    .filter((each) => Math.min(each.n, each.nBefore) >= FEWEST_CALLS && isFaster(each))
    .sort((a, b) => savedMs(b) - savedMs(a));
  const fresh = changes.filter(({ n, nBefore }) => nBefore === 0 && n >= FEWEST_CALLS).sort((a, b) => b.n - a.n);
  const gone = changes
    .filter(({ n, nBefore }) => n === 0 && nBefore >= FEWEST_CALLS)
    .sort((a, b) => b.nBefore - a.nBefore);
  const some = <T>(all: T[], of: (each: T) => ChangeRow): ChangeRow[] => all.slice(0, MOST_OF_A_KIND).map(of);
  return [
    ...some(slower, (each) => row('slower', each, each.meanBeforeMs, each.meanMs)),
    ...some(known.calls.more, ({ signal, before, within }) => row('more_calls', changes[signal]!, before, within)),
    ...some(fresh, (each) => row('new', each, null, each.meanMs)),
    ...some(gone, (each) => row('gone', each, each.meanBeforeMs, null)),
    ...some(faster, (each) => row('faster', each, each.meanBeforeMs, each.meanMs)),
  ];
}

function isFaster({ meanMs, meanBeforeMs }: TimeChange): boolean {
  return meanMs < FASTER * meanBeforeMs && meanBeforeMs - meanMs > LEAST_MS;
}

function savedMs({ meanMs, meanBeforeMs, n }: TimeChange): number {
  return (meanBeforeMs - meanMs) * n;
}
