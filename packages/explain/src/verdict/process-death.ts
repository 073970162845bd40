import { KIND } from '../spans/span-table.ts';
import type { Known } from '../waits-for/context.ts';
import type { Reading } from './name-cause.ts';

/** Kinds that a process which is gone looks like to those that call it, or wait for it. */
const LOOKS = new Set([
  'dependency_unreachable',
  'dependency_errors',
  'slow_dependency',
  'network_slow',
  'queue_backlog',
]);
/** A process that made fewer spans is not missed. */
const FEWEST_SPANS = 10;
const LEAST_SHARE = 0.6;
/** What was under way when it ended. */
const UNDER_WAY_MS = 2_000;
/** A call that was cut off ends a little later at its caller's. */
const SLACK_MS = 500;

/**
 * A process ended and another took its place, and what went wrong did so between the two; or its end was written down. A
 * process that only gets no more calls looks the same to its callers: that is not enough.
 */
export const processDeath: Reading = (known, { place, examples, mostly }, kind) => {
  if (!LOOKS.has(kind)) return undefined;
  const { table } = known.whole;
  const isQueue = table.strings.text(place.resource).startsWith('queue ');
  // What a service uses has no process that is known.
  if (place.resource !== 0 && !isQueue) return undefined;
  const gap = gapOf(known, place.service);
  if (!gap) return undefined;
  const isWithin = (row: number): boolean => {
    const waited = table.kind[row] === KIND.CONSUMER ? (table.facts[row]?.queueWaitMs ?? 0) : 0;
    return table.start[row]! - waited <= gap.to + SLACK_MS && table.end[row]! >= gap.from - SLACK_MS;
  };
  const rows = isQueue ? mostly : [...new Set(examples.map(({ met }) => met))];
  if (rows.filter(isWithin).length < rows.length * LEAST_SHARE) return undefined;
  return { kind: 'process_died', place: { service: place.service, resource: 0 }, detail: gap.detail };
};

/** From the last span of a process of the service to the first of the next one. */
function gapOf({ whole: { table, clipped }, window }: Known, service: number) {
  const processes = new Map<number, { first: number; last: number; spans: number; version: number }>();
  let [interrupted, died] = [0, 0];
  for (let row = 0; row < table.size; row++) {
    if (table.service[row] !== service) continue;
    const [start, end] = [table.start[row]!, table.end[row]!];
    const isInWindow = end >= window.from - UNDER_WAY_MS && start <= window.to;
    if (isInWindow && table.strings.text(table.name[row]!).startsWith('process.died')) {
      died = Math.max(died, end);
      continue;
    }
    if (isInWindow && table.facts[row]?.interrupted === true && clipped.entry[row] === row) interrupted = end;
    const instance = table.instance[row]!;
    const process = processes.get(instance);
    if (!process) processes.set(instance, { first: start, last: end, spans: 1, version: table.version[row]! });
    else {
      process.first = Math.min(process.first, start);
      process.last = Math.max(process.last, end);
      process.spans++;
    }
  }
  const all = [...processes.values()].sort((a, b) => a.first - b.first);
  for (const [i, { last, spans, version }] of all.entries()) {
    const next = all[i + 1];
    if (spans < FEWEST_SPANS || last < window.from - UNDER_WAY_MS || last > window.to) continue;
    // Another version was put in its place on purpose.
    if (!next || next.first < last - SLACK_MS || next.version !== version) continue;
    return { from: last, to: next.first, detail: 'another process took its place' };
  }
  const at = died || interrupted;
  if (at === 0) return undefined;
  const next = all.find(({ first }) => first > at);
  return {
    from: at,
    to: next?.first ?? window.to,
    detail: died ? 'its end was written down' : 'its requests were cut off',
  };
}
