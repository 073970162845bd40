import type { Span } from '@opentelemetry/api';
import { guard } from '@foreshock/kit';
import { CACHE_LOCAL_COALESCED, CACHE_LOCAL_HITS, CACHE_LOCAL_MISSES } from '@foreshock/kit/names';
import type { LocalOutcome } from './events.ts';

/** Later lookups are written per microtask, or per this many. */
const WRITE_EACH = 64;

const ATTRIBUTES = { hit: CACHE_LOCAL_HITS, miss: CACHE_LOCAL_MISSES, coalesced: CACHE_LOCAL_COALESCED } as const;

class Tally {
  hit = 0;
  miss = 0;
  coalesced = 0;
  dirty = false;
}

const tallies = new WeakMap<Span, Tally>();

/** A lookup takes some 30 ns: no span or attribute each. */
export function countOnSpan(span: Span, outcome: LocalOutcome): void {
  let tally = tallies.get(span);
  if (!tally) {
    if (!span.isRecording()) return;
    tallies.set(span, (tally = new Tally()));
  }
  const count = ++tally[outcome];
  if (count <= WRITE_EACH || count % WRITE_EACH === 0) {
    span.setAttribute(ATTRIBUTES[outcome], count);
  } else if (!tally.dirty) {
    tally.dirty = true;
    queueMicrotask(() => guard('cache lookups', () => write(span, tally)));
  }
}

function write(span: Span, tally: Tally): void {
  tally.dirty = false;
  if (!span.isRecording()) return;
  for (const outcome of Object.keys(ATTRIBUTES) as LocalOutcome[]) {
    if (tally[outcome] > 0) span.setAttribute(ATTRIBUTES[outcome], tally[outcome]);
  }
}
