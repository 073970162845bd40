/** The viewer's API. Times are Unix milliseconds, durations milliseconds, ids lower-case hex. */

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

export type Verdict = 'shown' | 'likely' | 'unclear' | 'healthy';

export interface Place {
  service: string;
  resource?: string;
}

export type ArcKind = 'wait' | 'call' | 'retry' | 'queue';

export interface Arc {
  from: Place;
  to: Place;
  by: ArcKind;
}

export interface Moment {
  at: string;
  plusMinusMs: number;
  service: string;
  text: string;
  traceIds: string[];
}

export interface Cause {
  rank: number;
  kind: string;
  service: string;
  resource: string | null;
  operation: string | null;
  onset: { at: string; plusMinusMs: number } | null;
  requests: number;
  explains: number;
  text: string;
  action: string;
  traceIds: string[];
}

export interface PoolSaturation {
  service: string;
  pool: string;
  limit: number | null;
  waits: number;
  longestWaitMs: number;
  from: string;
  to: string;
  holders: string[];
}

export interface TimeShare {
  service: string;
  operation: string;
  spentOn: string;
  ms: number;
  share: number;
}

export interface Impact {
  service: string;
  route: string;
  requests: number;
  slow: number;
  failed: number;
  p95Ms: number;
  baselineP95Ms: number | null;
}

export interface Retries {
  service: string;
  target: string;
  firstTries: number;
  resends: number;
  jitter: boolean | null;
}

/** The format of `foreshock explain --json`: `foreshock.explain/1`. */
export interface Report {
  verdict: Verdict;
  text: string;
  doubts: string[];
  window: { from: string; to: string; baseline: { from: string; to: string } | null };
  coverage: {
    traces: number;
    spans: number;
    requests: number;
    services: string[];
    sampled: boolean;
    blindSpots: string[];
  };
  causes: Cause[];
  path: Arc[];
  timeline: Moment[];
  impact: Impact[];
  whatIf: { without: number; p95Ms: number; failed: number }[];
  time: TimeShare[];
  pools: PoolSaturation[];
  retries: Retries[];
  cycles: string[][];
}

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

export interface Span {
  spanId: string;
  parentId: string | null;
  service: string;
  name: string;
  kind: string;
  start: number;
  durationMs: number;
  status: Status;
  statusMessage: string;
  attributes: Attributes;
  events: SpanEvent[];
  links: SpanLink[];
  scope: string;
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

export interface Trace {
  traceId: string;
  spans: Span[];
  resources: Record<string, Attributes>;
  logs: LogLine[];
  criticalPath: PathPiece[];
  heldBy: Holder[];
  truncated: boolean;
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
