import type { Analysis } from '../analyse.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { Cause } from './answer.ts';
import { summaryOfCause } from './cause-summary.ts';
import { count, iso, percent, round } from './figures.ts';
import { onsetOfCause } from './onset-of-cause.ts';
import { ACTIONS, whatHappened } from './sentences.ts';

const MOST = 5;
const MOST_TRACES = 3;
/** Smaller shares of the first are left out. */
const LEAST = 0.02;

/** Most likely first. */
export function causesOf(analysis: Analysis): Cause[] {
  const { ranked } = analysis;
  const least = (ranked[0]?.requests ?? 0) * LEAST;
  return ranked
    .filter(({ requests }) => requests > 0 && requests >= least)
    .slice(0, MOST)
    .map((evidence, i) => causeOf(analysis, evidence, i + 1));
}

function causeOf(analysis: Analysis, evidence: Evidence, rank: number): Cause {
  const summary = summaryOfCause(analysis, evidence);
  const onset = rank <= 2 ? onsetOfCause(analysis, evidence) : undefined;
  const bad = analysis.bad.length;
  const explains = bad === 0 ? 0 : Math.min(1, evidence.requests / bad);
  return {
    rank,
    kind: summary.kind,
    service: summary.service,
    resource: summary.resource || null,
    operation: summary.operation || null,
    onset: onset ? { at: iso(onset.at), plusMinusMs: round(onset.plusMinusMs + skewOf(analysis, evidence)) } : null,
    requests: evidence.mostly.length,
    explains: round(explains, 3),
    text: `${capital(whatHappened(summary))}: ${percent(explains)} of what made ${count(bad, 'request')} slow or failed.`,
    action: ACTIONS[summary.kind],
    traceIds: traceIdsOf(analysis, evidence),
  };
}

function skewOf({ known }: Analysis, { place }: Evidence): number {
  return known.whole.clocks.find(({ service }) => service === place.service)?.plusMinusMs ?? 0;
}

/** Longest first. */
function traceIdsOf({ known, bad }: Analysis, { shareOf }: Evidence): string[] {
  const { table } = known.whole;
  return bad
    .filter(({ row }) => shareOf.has(row))
    .sort((a, b) => shareOf.get(b.row)! * b.ms - shareOf.get(a.row)! * a.ms)
    .slice(0, MOST_TRACES)
    .map(({ row }) => table.traceId(table.trace[row]!));
}

function capital(text: string): string {
  return text.startsWith('`') ? text : text.slice(0, 1).toUpperCase() + text.slice(1);
}
