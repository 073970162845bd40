import type { KnownAttributes } from '../spans/known-attributes.ts';
import { correctClocks } from '../spans/clocks.ts';
import { poolLabel } from '../spans/pool-label.ts';
import { isPoolWait } from '../spans/pool-wait.ts';
import { KIND, type SpanTable } from '../spans/span-table.ts';
import { buildTrees, type Trees } from '../spans/trees.ts';
import { AddressOwners } from './address-owners.ts';
import { peerOf } from './callee.ts';
import { clip } from './clipping.ts';
import type { Decomposed } from './decomposed.ts';
import { exclusiveTimes } from './exclusive-time.ts';
import { addOpening, openingsAskedFor, type Openings } from './openings.ts';
import { remoteChildren } from './remote-child.ts';
import { Signals } from './signals.ts';

export function decompose(table: SpanTable): Decomposed {
  const trees = buildTrees(table);
  forgetDuplicates(table, trees);
  const clocks = correctClocks(table, trees);
  const clipped = clip(table, trees);
  const exclusive = exclusiveTimes(trees, clipped);
  const remote = remoteChildren(table, trees, clipped);
  const owners = new AddressOwners(table, remote);
  const signals = new Signals();
  const whole = { table, trees, clocks, clipped, exclusive, remote, owners, signals };
  takeBackOff(whole);
  const openings = openingsAskedFor(table, trees);
  for (const row of trees.order) addSamples(whole, row, openings);
  return whole;
}

function forgetDuplicates(table: SpanTable, { duplicate, duplicates }: Trees): void {
  if (duplicates === 0) return;
  duplicate.forEach((is, row) => {
    if (is === 1) table.forgetAttributes(row);
  });
  const once = table.marks.filter(({ row }) => duplicate[row] === 0);
  table.marks.splice(0, table.marks.length, ...once);
}

/** A retry's delay is the caller's time. */
function takeBackOff(whole: Decomposed): void {
  const { table, trees, clipped, exclusive, owners, signals } = whole;
  const { childStart, children } = trees;
  for (const caller of trees.order) {
    for (let at = childStart[caller]!; at < childStart[caller + 1]!; at++) {
      const row = children[at]!;
      if (clipped.isOutside[row] === 1 || clipped.entry[row] !== clipped.entry[caller]) continue;
      const delayMs = delayBefore(table, row, at > childStart[caller]! ? children[at - 1]! : -1);
      if (!(delayMs > 0)) continue;
      const ms = Math.min(delayMs, exclusive[caller]!);
      exclusive[caller]! -= ms;
      const peer = peerOf(table, owners, row);
      signals.add('backOff', table.service[row]!, peer, table.name[row]!, row, ms);
    }
  }
}

/** From the attributes, else the failed attempt's end. */
function delayBefore(table: SpanTable, row: number, before: number): number {
  const attributes = table.attributes[row];
  if (attributes?.attempt !== undefined) return attributes.attempt > 1 ? (attributes.delayMs ?? 0) : 0;
  if (before < 0 || table.kind[row] !== KIND.CLIENT || attributes?.isDatabase || table.failed[before] === 0) return 0;
  const isSame = table.name[before] === table.name[row] && table.target[before] === table.target[row];
  return isSame ? table.start[row]! - table.end[before]! : 0;
}

function addSamples(whole: Decomposed, row: number, openings: Openings): void {
  const { table, exclusive, remote, signals, owners } = whole;
  const service = table.service[row]!;
  const name = table.name[row]!;
  const attributes = table.attributes[row];
  let ms = attributes ? takePauses(whole, row, attributes, exclusive[row]!) : exclusive[row]!;
  if (attributes && isPoolWait(table, row)) {
    const pool = table.strings.id(`pool ${poolLabel(attributes.pool ?? '')}`);
    if (attributes.waitReason === 'connect') {
      ms -= addOpening(whole, row, attributes, pool, 0, ms);
      signals.add('poolConnect', service, pool, 0, row, ms);
    } else signals.add('poolWait', service, pool, 0, row, ms);
    return;
  }
  if (attributes) ms = addAttributes(whole, row, attributes, ms);
  const opened = openings.get(row);
  if (opened) ms -= addOpening(whole, row, opened, opened.peer, name, ms);
  if (remote[row]! >= 0) {
    ms -= takeLateStart(whole, row, remote[row]!, ms);
    signals.add('call', service, table.service[remote[row]!]!, table.name[remote[row]!]!, row, ms);
  } else if (
    table.kind[row] === KIND.CLIENT ||
    table.kind[row] === KIND.PRODUCER ||
    attributes?.breakerOutcome === 'timeout'
  ) {
    signals.add('dependency', service, peerOf(table, owners, row), name, row, ms);
  } else signals.add('self', service, 0, name, row, ms);
}

/** Returns the unexplained milliseconds. */
function addAttributes(
  { table, signals, owners }: Decomposed,
  row: number,
  attributes: KnownAttributes,
  ms: number,
): number {
  const service = table.service[row]!;
  const name = table.name[row]!;
  let left = ms;
  const part = (kind: Parameters<Signals['add']>[0], peer: number, length: number | undefined): void => {
    if (!(length! > 0)) return;
    const taken = Math.min(length!, left);
    left -= taken;
    signals.add(kind, service, peer, name, row, taken);
  };
  if (attributes.queueWaitMs !== undefined && table.kind[row] === KIND.CONSUMER) {
    const queue = table.strings.id(`queue ${attributes.destination ?? ''}`);
    const blockedMs = Math.max(0, Math.min(attributes.queueWaitMs, attributes.blockedBeforeMs ?? 0));
    if (blockedMs > 0) signals.add('blocked', service, 0, name, row, blockedMs);
    signals.add('queueWait', service, queue, 0, row, Math.max(0, attributes.queueWaitMs) - blockedMs);
  }
  if (table.kind[row] === KIND.CLIENT) {
    const peer = peerOf(table, owners, row);
    part('socketWait', peer, attributes.queueMs);
    part('dns', peer, attributes.dnsMs);
    part('connect', peer, (attributes.connectMs ?? 0) + (attributes.proxyMs ?? 0) + (attributes.loginMs ?? 0));
    part('tls', peer, attributes.tlsMs);
  }
  return left;
}

/** First: nothing else used the time in which the process stood still. */
function takePauses(whole: Decomposed, row: number, attributes: KnownAttributes, ms: number): number {
  const { table, signals } = whole;
  const add = (kind: 'gc' | 'blocked', length: number): void => {
    if (length > 0) signals.add(kind, table.service[row]!, 0, table.name[row]!, row, length);
  };
  const gcMs = Math.min(ms, ownPause(whole, row, attributes, 'gcMs'));
  // Garbage collection blocks the event loop, too.
  const blockedMs = Math.min(ms - gcMs, Math.max(0, ownPause(whole, row, attributes, 'blockedMs') - gcMs));
  add('gc', gcMs);
  add('blocked', blockedMs);
  return ms - gcMs - blockedMs;
}

/** The blocked event loop delayed reading the request; returns its milliseconds. */
function takeLateStart({ table, clipped, signals }: Decomposed, row: number, server: number, ms: number): number {
  const before = table.attributes[server]?.blockedBeforeMs ?? 0;
  const taken = Math.min(ms, before, clipped.start[server]! - clipped.start[row]!);
  if (!(taken > 0)) return 0;
  signals.add('blocked', table.service[server]!, 0, table.name[server]!, server, taken);
  return taken;
}

/** Children report the same pause, which is subtracted. */
function ownPause(
  { table, trees }: Decomposed,
  row: number,
  attributes: KnownAttributes,
  key: 'gcMs' | 'blockedMs',
): number {
  let ms = attributes[key] ?? 0;
  for (let at = trees.childStart[row]!; ms > 0 && at < trees.childStart[row + 1]!; at++) {
    const child = trees.children[at]!;
    if (table.service[child] === table.service[row]) ms -= table.attributes[child]?.[key] ?? 0;
  }
  return Math.max(0, ms);
}
