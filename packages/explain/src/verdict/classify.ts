import { iso } from '../report/figures.ts';
import { KIND } from '../spans/span-table.ts';
import type { Known } from '../waits-for/context.ts';
import type { AppRequest } from '../window/requests.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import { nameCause } from './name-cause.ts';
import { sampledTail } from './sampled-tail.ts';
import { deathOf, recordedDeaths } from './recorded-deaths.ts';

/** Of the answer; a percentage could not be verified. */
export type Verdict = 'shown' | 'likely' | 'unclear' | 'healthy';

const FEWEST_REQUESTS = 20;
const MOST_DEATHS = 3;
const FEWEST_BAD = 5;
const FEWEST_BEFORE = 20;
/** Factor between the first and second cause. */
const APART = 1.5;
/** A cause below this share leaves most requests unexplained. */
const LEAST_EXPLAINED = 0.5;
const SHOWN = 0.8;
/** Even if usual, more failures are not healthy. */
const MOST_FAILED = 0.2;

export interface Classified {
  verdict: Verdict;
  /** What is missing. */
  doubts: string[];
}

export function classify(known: Known, bad: number, ranked: Evidence[]): Classified {
  const { window, whole } = known;
  const [first, second] = ranked;
  const doubts: string[] = [];
  if (window.within.length < FEWEST_REQUESTS) doubts.push(`only ${window.within.length} requests in the window`);
  if (!window.isChanged) {
    // Consumers without spans handle none.
    const isUnseen = ({ row, isLost }: AppRequest): boolean => isLost && whole.table.kind[row] === KIND.PRODUCER;
    const failed = window.within.filter((request) => request.failed && !isUnseen(request)).length;
    if (failed > window.within.length * MOST_FAILED)
      doubts.push(
        `${failed} of ${window.within.length} requests failed from the begin on: nothing healthy to compare with`,
      );
    const tail = sampledTail(known);
    if (tail) doubts.push(tail);
    // Perhaps without affecting a request.
    for (const row of recordedDeaths(whole.table).slice(0, MOST_DEATHS)) {
      const service = whole.table.strings.text(whole.table.service[row]!);
      const at = iso(whole.table.end[row]!).slice(11, 19);
      doubts.push(`a process of ${service} died at ${at} (${deathOf(whole.table, row)})`);
    }
    return { verdict: doubts.length > 0 ? 'unclear' : 'healthy', doubts };
  }
  if (window.before.length < FEWEST_BEFORE) doubts.push(`only ${window.before.length} healthy requests before it`);
  if (!first) {
    if (bad > 0) doubts.push('nothing in the spans explains it');
    return { verdict: doubts.length > 0 ? 'unclear' : 'healthy', doubts };
  }
  if (bad < FEWEST_BAD) doubts.push(`only ${bad} slow or failed requests`);
  const explains = first.requests / Math.max(bad, 1);
  if (explains < LEAST_EXPLAINED)
    doubts.push(`it explains ${Math.round(explains * 100)} % of the slow and failed requests`);
  if ((first.notes.get('unseen') ?? 0) * 2 > first.requests)
    doubts.push('it waited for something that no span tells of, or worked: a span of each wait would decide it');
  if (areUnseen(known, first))
    doubts.push(
      'what was never handled may be delayed, or handled without a span: a look into the queue would decide it',
    );
  if (second && second.requests * APART > first.requests) doubts.push('two causes explain about as much');
  if (doubts.length > 0) return { verdict: 'unclear', doubts };
  const isShown = first.tied >= SHOWN * bad && !nameCause(known, first).isByTime;
  if (isShown) return { verdict: 'shown', doubts };
  if (second && stoodStill(known, first, second))
    doubts.push('its process may have stood still: the calls and the time around them became slower together');
  return { verdict: doubts.length > 0 ? 'unclear' : 'likely', doubts };
}

const OF_PROCESS = new Set(['network_slow', 'event_loop_blocked', 'cpu_slow']);
/** The first cause's requests by which the second makes it doubtful. */
const AS_MUCH = 0.4;

/** Who stands still sees slow calls, and is slow to callers. */
function stoodStill(known: Known, first: Evidence, second: Evidence): boolean {
  if (nameCause(known, first).kind !== 'slow_dependency' || first.place.resource === 0) return false;
  if (second.place.service !== first.place.service || second.requests < AS_MUCH * first.requests) return false;
  return OF_PROCESS.has(nameCause(known, second).kind);
}

/** A loss of unhandled messages looks like a long delay. */
function areUnseen({ whole: { table } }: Known, { mostly, notes, requests }: Evidence): boolean {
  if ((notes.get('lost') ?? 0) <= requests / 2) return false;
  return mostly.filter((row) => table.kind[row] === KIND.PRODUCER).length * 2 > mostly.length;
}
