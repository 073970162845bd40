import type { KnownAttributes } from '../spans/known-attributes.ts';
import { KIND } from '../spans/span-table.ts';
import type { Race, Search, Seen } from './finding.ts';

/** One message handled twice with the same effect each time. */
export const doubleProcessing: Search = (seen) => {
  const races: Race[] = [];
  for (const handlings of handlingsOfMessages(seen)) {
    for (let at = 1; at < handlings.length; at++) {
      const [first, second] = [handlings[at - 1]!, handlings[at]!];
      const race = bothActed(seen, first, second);
      if (race) races.push(race);
    }
  }
  return races;
};

/** Name of RabbitMQ's queues with generated names. */
const TEMPORARY = '(temporary)';

/** Those that succeeded, by start, of messages with several. */
function handlingsOfMessages({ table, trees }: Seen): number[][] {
  const messages = new Map<string, number[]>();
  for (let row = 0; row < table.size; row++) {
    if (table.kind[row] !== KIND.CONSUMER || table.failed[row] === 1 || trees.duplicate[row] === 1) continue;
    const known = table.attributes[row] ?? {};
    const { destination, settled, links, group } = known;
    const message = nameOf(known);
    // After these another one is meant to follow.
    if (message === undefined || settled === 'requeue' || settled === 'reject') continue;
    // Queues of which each process has its own: all are meant to handle it.
    if (destination === TEMPORARY) continue;
    // Identifiers may be used again: the sender's trace is the message's.
    const sender = links?.[0] ?? table.trace[row]!;
    // Each consumer group is meant to handle it.
    const key = [message, destination, group, sender, table.service[row], table.name[row]].join(' ');
    const rows = messages.get(key);
    if (rows) rows.push(row);
    else messages.set(key, [row]);
  }
  return [...messages.values()]
    .filter(({ length }) => length > 1)
    .map((rows) => rows.sort((a, b) => table.start[a]! - table.start[b]!));
}

/** Kafka's messages have no ID. Without its name, there may be several groups. */
function nameOf({ messageId, partition, offset, group, isBatch }: KnownAttributes): string | undefined {
  if (messageId !== undefined) return String(messageId);
  const isKnown = !isBatch && partition !== undefined && offset !== undefined && group !== undefined;
  return isKnown ? `${partition}/${offset}` : undefined;
}

function bothActed(seen: Seen, first: number, second: number): Race | undefined {
  if (sentAgain(seen, first, second)) return undefined;
  const { table, calls, clocks } = seen;
  const acts = calls.actsBelow(first);
  for (const [what, row] of calls.actsBelow(second)) {
    const before = acts.get(what);
    if (before === undefined) continue;
    const { start, end } = table;
    const isAfter = clocks.isBefore({ row: first, end: end[first]! }, { row: second, start: start[second]! });
    return {
      kind: 'double_processing',
      on: first,
      rows: [first, before, second, row],
      text: `The message was handled ${isAfter ? 'again after it had been handled' : 'by two at a time'}, and both did \`${what}\``,
    };
  }
  return undefined;
}

/** By the first handling, to try it again later. */
function sentAgain({ table, trees, calls }: Seen, first: number, second: number): boolean {
  for (let row = trees.parent[second]!; row >= 0; row = trees.parent[row]!) if (row === first) return true;
  const { kind, target } = table;
  return calls.below(first).some((row) => kind[row] === KIND.PRODUCER && target[row] === target[first]);
}
