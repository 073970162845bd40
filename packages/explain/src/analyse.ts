import { callCounts } from './changes/call-counts.ts';
import { phasesOf } from './changes/phases.ts';
import { findFailures } from './changes/failures.ts';
import { timeChanges } from './changes/time-changes.ts';
import { decompose } from './decompose/decompose.ts';
import type { Decomposed } from './decompose/decomposed.ts';
import type { SpanTable } from './spans/span-table.ts';
import { chooseWindow, type AskedWindow, type Window } from './window/choose.ts';
import { findRequests, type AppRequest } from './window/requests.ts';
import { byRoute, quantile, times } from './window/slow.ts';
import { withoutAftermath } from './verdict/aftermath.ts';
import { withLoadOfMoreCalls } from './verdict/load-of-more-calls.ts';
import { withOwnHolders } from './verdict/own-holders.ts';
import { withoutRestart } from './verdict/restart-with-change.ts';
import { withoutRush } from './verdict/rush-after-hold.ts';
import { classify, type Classified } from './verdict/classify.ts';
import type { Known } from './waits-for/context.ts';
import { edgeOwners } from './waits-for/edge-owners.ts';
import { type Evidence, EvidenceBook } from './waits-for/evidence.ts';
import { samplesOfEntries } from './waits-for/samples-of-entries.ts';
import { sharesOfRequests } from './waits-for/shares.ts';
import { servicesWithPools } from './waits-for/unseen-waits.ts';
import { badRequests } from './waits-for/bad-requests.ts';

/** In this order; each may count one cause with another. */
const PARTS_OF_OTHERS = [withoutAftermath, withoutRestart, withOwnHolders, withoutRush, withLoadOfMoreCalls];

/** The findings, before they are put into words. */
export interface Analysis {
  known: Known;
  requests: AppRequest[];
  /** Slow or failed requests of the window. */
  bad: AppRequest[];
  ranked: Evidence[];
  classified: Classified;
}

export interface Asked extends AskedWindow {
  service?: string;
  route?: string;
  /** Unix milliseconds. */
  since?: number;
}

/** Finds causes of slow and failed requests (README.md). */
export function analyse(table: SpanTable, asked: Asked): Analysis {
  const whole = decompose(table);
  const samplesOf = samplesOfEntries(whole);
  const requests = findRequests(whole).filter((request) => isAskedFor(whole, samplesOf, request, asked));
  const window = chooseWindow(requests, asked);
  const phases = phasesOf(whole, window);
  const changes = timeChanges(whole.signals, phases, table.start);
  const known: Known = {
    whole,
    window,
    phases,
    changes,
    failures: findFailures(whole, phases),
    calls: callCounts(whole, window, changes, samplesOf),
    edgeOwners: edgeOwners(changes),
    withPools: servicesWithPools(whole),
    speaking: servicesOf(table),
    traces: whole.trees.traces,
    samplesOf,
  };
  const usual = usualTimes(window);
  const bad = window.isChanged ? badRequests(known) : [];
  const book = new EvidenceBook();
  const sharesOf = sharesOfRequests(known);
  for (const request of bad) book.take(request.row, sharesOf(request, usual.get(request.route) ?? 0));
  const ranked = PARTS_OF_OTHERS.reduce((ranked, apply) => apply(known, ranked), book.ranked());
  return { known, requests, bad, ranked, classified: classify(known, bad.length, ranked) };
}

/** Most spans follow one of the same service. */
function servicesOf({ service, size }: SpanTable): Set<number> {
  const services = new Set<number>();
  for (let row = 0; row < size; row++) if (row === 0 || service[row] !== service[row - 1]) services.add(service[row]!);
  return services;
}

function usualTimes({ before, within }: Window): Map<number, number> {
  const usual = new Map<number, number>();
  for (const [route, some] of byRoute(before.length > 0 ? before : within))
    usual.set(route, quantile(times(some), 0.5));
  return usual;
}

function isAskedFor(
  { table, signals }: Decomposed,
  samplesOf: (entry: number) => Int32Array,
  { row, route, start }: AppRequest,
  asked: Asked,
): boolean {
  if (asked.since !== undefined && start < asked.since) return false;
  if (asked.route !== undefined && !table.strings.text(route).includes(asked.route)) return false;
  if (asked.service === undefined) return true;
  const service = table.strings.id(asked.service);
  return samplesOf(row).some((at) => table.service[signals.row[at]!] === service);
}
