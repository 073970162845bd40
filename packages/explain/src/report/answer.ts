import type { CauseKind } from '../verdict/cause-kinds.ts';
import type { Verdict } from '../verdict/classify.ts';

/** What `--json` prints (`schema.json`). Times: ISO 8601, UTC. */
export interface Answer {
  schema: 'foreshock.explain/1';
  verdict: Verdict;
  /** The answer as a paragraph. */
  text: string;
  /** What makes it uncertain, and would decide it. */
  doubts: string[];
  window: { from: string; to: string; baseline: { from: string; to: string } | null };
  coverage: Coverage;
  causes: Cause[];
  path: { from: PlaceName; to: PlaceName; by: 'wait' | 'call' | 'retry' | 'queue' }[];
  timeline: Moment[];
  impact: Impact[];
  whatIf: { without: number; p95Ms: number; failed: number }[];
  time: TimeRow[];
  pools: PoolRow[];
  retries: RetryRow[];
  /** Only with `--before` and `--after`. */
  changes?: ChangeRow[];
  /** Services that call each other circularly. */
  cycles: string[][];
}

export interface PlaceName {
  service: string;
  resource?: string;
}

export interface Coverage {
  traces: number;
  spans: number;
  requests: number;
  services: string[];
  sampled: boolean;
  blindSpots: string[];
}

export interface Cause {
  rank: number;
  kind: CauseKind;
  service: string;
  resource: string | null;
  operation: string | null;
  onset: { at: string; plusMinusMs: number } | null;
  /** Slow or failed, at least half explained by it. */
  requests: number;
  /** Of all slow and failed requests, 0 to 1. */
  explains: number;
  text: string;
  action: string;
  traceIds: string[];
}

export interface Moment {
  at: string;
  plusMinusMs: number;
  service: string;
  text: string;
  traceIds: string[];
}

export interface Impact {
  service: string;
  route: string;
  requests: number;
  slow: number;
  failed: number;
  /** Worse than usual on purpose; undefined: none. */
  degraded?: number;
  p95Ms: number;
  baselineP95Ms: number | null;
}

export interface TimeRow {
  service: string;
  operation: string;
  spentOn: string;
  ms: number;
  share: number;
}

export interface PoolRow {
  service: string;
  pool: string;
  limit: number | null;
  waits: number;
  longestWaitMs: number;
  from: string;
  to: string;
  holders: string[];
}

export interface RetryRow {
  service: string;
  target: string;
  firstTries: number;
  resends: number;
  /** Whether pauses differ; null if too few are known. */
  jitter: boolean | null;
}

export interface ChangeRow {
  what: 'slower' | 'faster' | 'more_calls' | 'new' | 'gone';
  service: string;
  operation: string;
  spentOn: string;
  /** Milliseconds per call, or calls per request; null if none. */
  before: number | null;
  after: number | null;
  calls: number;
}
