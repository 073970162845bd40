import { calleeOf } from '../decompose/callee.ts';
import { count } from '../report/figures.ts';
import type { Place } from '../waits-for/place.ts';
import { KIND } from '../spans/span-table.ts';
import type { Known } from '../waits-for/context.ts';
import type { Named, Reading } from './named-cause.ts';

/** Of a message that never succeeds. */
const FEWEST_FAILURES = 3;
const FEWEST_OTHERS = 10;
const MOST_POISONED = 0.2;
/** Share of failed or slow handlings, or of handling time. */
const LEAST_SHARE = 0.6;

/** A few messages fail repeatedly, while others are handled. */
export const poisonMessage: Reading = (known, { place, mostly }, kind) => {
  const { table } = known.whole;
  if (kind === 'dependency_unreachable') return undefined;
  const resource = table.strings.text(place.resource);
  const first = mostly.find((row) => table.kind[row] === KIND.CONSUMER);
  if (first === undefined) return undefined;
  const service = table.service[first]!;
  const queue = table.attributes[first]?.destination ?? '';
  const { failures, poisoned, others } = messagesOf(known, service, queue);
  const isFew = poisoned > 0 && others >= FEWEST_OTHERS && poisoned <= MOST_POISONED * (poisoned + others);
  if (!isFew) return undefined;
  const named: Named = {
    kind: 'poison_message',
    place: { service, resource: table.strings.id(`queue ${queue}`) },
    detail: `${count(poisoned, 'message')} failed ${count(failures.size, 'time')} and never succeeded, ${others} others were handled`,
  };
  if (isFailureOfCalls(known, place, service, failures)) return undefined;
  const failed = mostly.filter((row) => failures.has(row));
  if (failed.length >= LEAST_SHARE * mostly.length) return named;
  // Others wait for the poisoned ones.
  if (resource !== `queue ${queue}`) return undefined;
  return shareOfTime(known, service, queue, failures) >= LEAST_SHARE ? named : undefined;
};

/** A dependency that fails all callers is the cause, even with few messages. */
function isFailureOfCalls({ whole, traces }: Known, place: Place, service: number, failures: Set<number>): boolean {
  const { table, trees } = whole;
  if (place.service === service && (place.resource === 0 || table.strings.text(place.resource).startsWith('queue ')))
    return false;
  const isCallTo = (row: number): boolean => {
    if (table.service[row] !== service || table.kind[row] !== KIND.CLIENT) return false;
    return calleeOf(whole, row) === (place.resource === 0 ? place.service : place.resource);
  };
  const bad: number[] = [];
  for (const failure of failures) {
    const trace = table.trace[failure]!;
    for (let at = traces.from[trace]!; at < traces.from[trace + 1]!; at++) {
      const row = traces.rows[at]!;
      if (table.failed[row] === 1 && isCallTo(row)) bad.push(table.start[row]!);
    }
  }
  const [from, to] = [Math.min(...bad), Math.max(...bad)];
  let good = 0;
  for (const row of trees.order)
    if (table.failed[row] === 0 && table.start[row]! >= from && table.start[row]! <= to && isCallTo(row)) good++;
  return good < bad.length * LEAST_GOOD;
}

/** Other messages' calls answered meanwhile, per failed call. */
const LEAST_GOOD = 1;

interface Messages {
  failures: Set<number>;
  poisoned: number;
  others: number;
}

function messagesOf({ whole: { table }, window }: Known, service: number, queue: string): Messages {
  const byMessage = new Map<number, { failed: number[]; isDone: boolean }>();
  for (const { row } of window.within) {
    const attributes = table.attributes[row];
    if (table.kind[row] !== KIND.CONSUMER || table.service[row] !== service || attributes?.destination !== queue)
      continue;
    // Attempts share their send's trace.
    const key = attributes.messageId ?? -1 - table.trace[row]!;
    let message = byMessage.get(key);
    if (!message) byMessage.set(key, (message = { failed: [], isDone: false }));
    if (table.failed[row] === 1) message.failed.push(row);
    // Its process may have ended meanwhile.
    else if (attributes.interrupted !== true) message.isDone = true;
    // Dead-lettered, it needs no repeated failure.
    if (attributes.deadLettered === true) for (let i = 1; i < FEWEST_FAILURES; i++) message.failed.push(row);
  }
  const all = [...byMessage.values()];
  const poisoned = all.filter(({ failed, isDone }) => !isDone && failed.length >= FEWEST_FAILURES);
  return {
    failures: new Set(poisoned.flatMap(({ failed }) => failed)),
    poisoned: poisoned.length,
    others: all.filter(({ isDone }) => isDone).length,
  };
}

function shareOfTime({ whole: { table }, window }: Known, service: number, queue: string, of: Set<number>): number {
  let [sum, all] = [0, 0];
  for (const { row } of window.within) {
    if (table.service[row] !== service || table.attributes[row]?.destination !== queue) continue;
    const ms = table.end[row]! - table.start[row]!;
    all += ms;
    if (of.has(row)) sum += ms;
  }
  return all === 0 ? 0 : sum / all;
}
