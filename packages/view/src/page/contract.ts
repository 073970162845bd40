/** The viewer's API: Unix milliseconds, durations in milliseconds, lower-case hex ids. */
import type { Answer as ExplainAnswer } from '@foreshock/explain';
import type { SpanSummary } from '../store/span-summary.ts';

export interface StoreStatus {
  version: string;
  spans: number;
  traces: number;
  logs: number;
  bytes: number;
  limitBytes: number;
  evictedTraces: number;
  pinnedTraces: number;
  oldest: number | null;
  newest: number | null;
  services: string[];
  seq: number;
}

export interface StoreChange {
  seq: number;
  spans: number;
  traces: number;
  newest: number | null;
}

/** Of `foreshock explain --json`: `foreshock.explain/1`. */
export type Report = ExplainAnswer;
export type {
  Cause,
  Impact,
  Moment,
  PlaceName as Place,
  PoolRow,
  RetryRow,
  TimeRow,
  Verdict,
} from '@foreshock/explain';

export type ArcKind = Report['path'][number]['by'];

export interface Answer {
  seq: number;
  report: Report;
  paragraph: string[];
  pinned: string[];
  computing?: undefined;
}

export interface Computing {
  computing: true;
}

export interface TraceSummary {
  traceId: string;
  start: number;
  durationMs: number;
  service: string;
  name: string;
  status: Status;
  spans: number;
  errors: number;
  services: string[];
  waits: number;
  waitMs: number;
  attempts: number;
  breaker: string | null;
  pinned: boolean;
}

export interface TracePage {
  seq: number;
  traces: TraceSummary[];
  next: string | null;
  error?: string;
}

export type Status = 'ok' | 'error' | 'unset';
export type Attributes = Record<string, unknown>;

export interface SpanEvent {
  time: number;
  name: string;
  attributes: Attributes;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: Attributes;
}

/** What the waterfall lacks. */
export interface SpanDetail {
  parentId: string | null;
  statusMessage: string;
  scope: string;
  resource: Attributes;
  attributes: Attributes;
  events: SpanEvent[];
  links: SpanLink[];
}

export interface LogLine {
  time: number;
  severity: string;
  body: string;
  spanId: string | null;
  attributes: Attributes;
}

export interface Holder {
  spanId: string;
  traceId: string;
  holderSpanId: string | null;
}

export interface PathPiece {
  spanId: string;
  from: number;
  to: number;
}

/** Lists have a value a span, in any order, but `order` and `parents`. */
export interface TraceRows {
  traceId: string;
  from: number;
  isCut: boolean;
  /** By resource. */
  services: Record<string, string>;
  /** The span at each place, parents before children. */
  order: number[];
  /** Each place's parent's place; -1 for a root. */
  parents: number[];
  /** 16 digits for each. */
  spanIds: string;
  resources: number[];
  names: string[];
  /** OTLP's numbers. */
  kinds: number[];
  statuses: number[];
  /** Nanoseconds after `from`. */
  starts: number[];
  ends: number[];
  summaries: (SpanSummary | null)[];
}

export interface TraceRest {
  logs: LogLine[];
  criticalPath: PathPiece[];
  heldBy: Holder[];
}

export type NodeKind = 'service' | 'database' | 'cache' | 'queue' | 'pool' | 'external';

export interface GraphNode {
  id: string;
  label: string;
  kind: NodeKind;
  service: string | null;
  calls: number;
  errors: number;
  p95Ms: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  by: 'call' | 'queue' | 'wait';
  calls: number;
  errors: number;
  p95Ms: number;
}

export interface ServiceGraph {
  seq: number;
  nodes: GraphNode[];
  edges: GraphEdge[];
  cycles: string[][];
}

export interface PoolWindows {
  seq: number;
  pools: {
    service: string;
    pool: string;
    limit: number | null;
    windows: { from: number; to: number; pendingMax: number }[];
    holders: { operation: string; heldMs: number; traceIds: string[] }[];
  }[];
}
