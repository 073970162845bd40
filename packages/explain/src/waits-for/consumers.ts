import { KIND } from '../spans/span-table.ts';
import type { AppRequest } from '../window/requests.ts';
import type { Known } from './context.ts';
import type { Share } from './evidence.ts';
import { type Place, placeKey } from './place.ts';

/** Handling so much slower is why messages wait. */
const TIMES = 1.3;

/** What handlings spent on a place. */
export interface Work extends Share {
  /** `row` is the first. */
  rows: number[];
}

/** Together at most 1. */
export type ConsumersWork = (service: number, queue: string) => Work[];

const MOST_ROWS = 100;

/** Messages wait because handling is slow or more arrive. `handling` excludes the wait. */
export function workOfConsumers(known: Known, handling: (request: AppRequest) => Share[]): ConsumersWork {
  const done = new Map<string, Work[]>();
  return (service, queue) => {
    const key = `${service} ${queue}`;
    let work = done.get(key);
    if (!work) done.set(key, (work = workOf(known, service, queue, handling)));
    return work;
  };
}

function workOf(known: Known, service: number, queue: string, handling: (request: AppRequest) => Share[]): Work[] {
  const { table } = known.whole;
  const isOf = ({ row }: AppRequest): boolean =>
    table.kind[row] === KIND.CONSUMER && table.service[row] === service && table.attributes[row]?.destination === queue;
  const lengthOf = ({ row }: AppRequest): number => table.end[row]! - table.start[row]!;
  const within = known.window.within.filter(isOf);
  const before = known.window.before.filter(isOf);
  const mean = (some: AppRequest[]): number => some.reduce((sum, each) => sum + lengthOf(each), 0) / some.length;
  if (within.length === 0 || before.length === 0 || mean(within) < TIMES * mean(before)) return [];
  const excessMs = (mean(within) - mean(before)) * within.length;
  const places = new Map<string, Work>();
  let sum = 0;
  for (const request of within) {
    for (const share of handling(request)) {
      const ms = share.share * lengthOf(request);
      sum += ms;
      const key = [placeKey(share.place), share.signal, share.error, share.note].join(' ');
      const same = places.get(key);
      if (same) {
        same.ms += ms;
        if (same.rows.length < MOST_ROWS) same.rows.push(share.row);
      } else places.set(key, { ...share, ms, rows: [share.row] });
    }
  }
  const place: Place = { service, resource: table.strings.id(`queue ${queue}`) };
  const shares = [...places.values()];
  for (const share of shares) {
    share.share = share.ms / Math.max(sum, excessMs);
    share.through = [...share.through, place];
  }
  return shares.filter(({ share }) => share > 0);
}
