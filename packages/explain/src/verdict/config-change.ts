import type { Known } from '../waits-for/context.ts';
import { bump, type Evidence } from '../waits-for/evidence.ts';
import { type Onset, onsetOf } from '../changes/onset.ts';
import { BEFORE, WITHIN } from '../changes/phases.ts';
import { poolLabel } from '../spans/pool-label.ts';
import { largest, sumOf } from './largest.ts';
import type { Named, Reading } from './named-cause.ts';

/** Other kinds are specific. */
const LOOKS = new Set([
  'slow_dependency',
  'slow_consumer',
  'dependency_errors',
  'dependency_unreachable',
  'cpu_slow',
  'pool_exhausted',
  'long_hold',
  'unknown',
]);
const SMALLER = 0.67;
const FEWEST_SPANS = 10;
const LEAST_SHARE = 0.8;
/** Healthy spans of the new version per affected one. */
const MOST_HEALTHY = 0.1;
/** Between a new version and its effect. */
const LATEST_MS = 120_000;

/** A lowered limit, or a version that started just before; spans have both. */
export const configChange: Reading = (known, evidence, kind) => {
  if (!LOOKS.has(kind)) return undefined;
  const change = smallerPool(known, evidence) ?? newVersion(known, evidence) ?? newConfiguration(known, evidence);
  return change && { kind: 'config_change', place: evidence.place, ...change };
};

type Change = Pick<Named, 'detail' | 'onset' | 'isByTime'>;

function smallerPool({ whole: { table }, phases }: Known, { place }: Evidence): Change | undefined {
  const resource = table.strings.text(place.resource);
  if (!resource.startsWith('pool ')) return undefined;
  const limits: { at: number; limit: number }[] = [];
  const [usually, now] = [new Map<number, number>(), new Map<number, number>()];
  table.attributes.forEach((attributes, row) => {
    if (attributes?.poolLimit === undefined || table.service[row] !== place.service) return;
    if (`pool ${poolLabel(attributes.pool ?? '')}` !== resource) return;
    limits.push({ at: table.start[row]!, limit: attributes.poolLimit });
    if (phases[row] === BEFORE) bump(usually, attributes.poolLimit, 1);
    else if (phases[row] === WITHIN) bump(now, attributes.poolLimit, 1);
  });
  // Pools may share a label; the window may begin before the change.
  const [before = 0, after = 0] = [largest(usually), largest(now)];
  if (!(after > 0 && after < before * SMALLER) || usually.has(after)) return undefined;
  const samples = limits
    .filter(({ limit }) => limit === before || limit === after)
    .map(({ at, limit }) => ({ at, isUsual: limit === before }));
  return { detail: `its limit went from ${before} to ${after}`, ...withOnset(onsetOf(samples, 0)) };
}

function withOnset(onset: Onset | undefined): { onset?: Onset } {
  return onset ? { onset } : {};
}

/** A version's or configuration's spans after the window. */
function healthyAfter(
  { whole: { table, clipped }, window }: Known,
  service: number,
  of: Int32Array,
  one: number,
): number {
  let spans = 0;
  for (let row = 0; row < table.size; row++) {
    if (of[row] !== one || table.service[row] !== service) continue;
    if (clipped.entry[row]! >= 0 && table.start[clipped.entry[row]!]! > window.to) spans++;
  }
  return spans;
}

/** Whether other services' calls to the resource suffer, too. */
function othersSuffer({ changes, failures, whole: { table, trees } }: Known, { place }: Evidence): boolean {
  if (place.resource === 0) return false;
  if (
    changes.some(
      ({ signal, excessMs, isNew }) =>
        signal.peer === place.resource && signal.service !== place.service && excessMs > 0 && !isNew,
    )
  )
    return true;
  return trees.order.some(
    (row) =>
      table.target[row] === place.resource &&
      table.service[row] !== place.service &&
      failures.isOrigin[row] === 1 &&
      failures.isMore(row),
  );
}

function newVersion(known: Known, evidence: Evidence): Change | undefined {
  const { version, strings } = known.whole.table;
  const change = startedBefore(known, evidence, version);
  return change && started(`version ${strings.text(change.old)} → ${strings.text(change.now)}`, change);
}

/** Another fingerprint (`foreshock.config.fingerprint`), where the version is the same or not known. */
function newConfiguration(known: Known, evidence: Evidence): Change | undefined {
  const { config, strings } = known.whole.table;
  const change = startedBefore(known, evidence, config);
  // Several before: each process has its own, which says nothing.
  if (!change || change.before !== 1) return undefined;
  const version = isSameVersion(known, evidence, change) ? 'same version, ' : '';
  return started(`${version}configuration ${strings.text(change.old)} → ${strings.text(change.now)}`, change);
}

function isSameVersion({ whole: { table } }: Known, { place }: Evidence, { old, now }: Started): boolean {
  const versions = new Set<number>();
  for (let row = 0; row < table.size; row++) {
    const config = table.config[row]!;
    if (table.service[row] === place.service && (config === old || config === now)) versions.add(table.version[row]!);
  }
  return versions.size === 1 && !versions.has(0);
}

function started(detail: string, { since }: Started): Change {
  return { detail, onset: { at: since, plusMinusMs: 0 }, isByTime: true };
}

interface Started {
  old: number;
  now: number;
  /** The new one's first span. */
  since: number;
  /** So many different ones ran before. */
  before: number;
}

/** A new value of the column, with which what suffered began. */
function startedBefore(known: Known, evidence: Evidence, of: Int32Array): Started | undefined {
  const { window, phases } = known;
  const { table, clipped } = known.whole;
  const { service } = evidence.place;
  const before = new Map<number, number>();
  const since = new Map<number, number>();
  const suffered = new Set(evidence.mostly);
  const bad = new Map<number, number>();
  for (let row = 0; row < table.size; row++) {
    const value = of[row]!;
    if (value === 0 || table.service[row] !== service) continue;
    if (phases[row] === BEFORE) bump(before, value, 1);
    since.set(value, Math.min(since.get(value) ?? Infinity, table.start[row]!));
    if (suffered.has(clipped.entry[row]!)) bump(bad, value, 1);
  }
  const [old, now] = [largest(before), largest(bad)];
  if (old === undefined || now === undefined || old === now || before.get(old)! < FEWEST_SPANS) return undefined;
  // It went on healthy, or others that did not change suffered.
  if (healthyAfter(known, service, of, now) > bad.get(now)! * MOST_HEALTHY || othersSuffer(known, evidence))
    return undefined;
  const isRecent = since.get(now)! >= window.from - LATEST_MS && since.get(now)! > since.get(old)!;
  // It was healthy for a while: something later is the cause.
  if ((before.get(now) ?? 0) > bad.get(now)! * MOST_HEALTHY) return undefined;
  if (!isRecent || bad.get(now)! < sumOf(bad) * LEAST_SHARE) return undefined;
  before.delete(now);
  return { old, now, since: since.get(now)!, before: before.size };
}
