/** What a span says of its waits and decisions; every property is absent on most spans. */
export interface Facts {
  /** Name of the pool or limiter that the span waited for. */
  pool?: string;
  /** True on the span of the wait itself, not on the query that was served. */
  isWait?: boolean;
  waitReason?: string;
  poolUsed?: number;
  poolLimit?: number;
  poolPending?: number;
  holderTrace?: string;
  holderHeldMs?: number;
  holderOperation?: string;
  /** `pool.saturated`, `cache.stampede`: how many waited, and for how long at most. */
  waiters?: number;
  longestWaitMs?: number;
  /** Milliseconds of a call's phases. */
  queueMs?: number;
  dnsMs?: number;
  connectMs?: number;
  tlsMs?: number;
  timeoutPhase?: string;
  attempt?: number;
  delayMs?: number;
  breaker?: string;
  breakerState?: string;
  breakerOutcome?: string;
  queueWaitMs?: number;
  destination?: string;
  /** A hash of the message's id. */
  messageId?: number;
  /** How the handler answered for its message. */
  settled?: string;
  ackedEarly?: boolean;
  deadLettered?: boolean;
  cacheHit?: boolean;
  cancelled?: boolean;
  interrupted?: boolean;
  /** `process.died`: of what, as `oom_kill`. */
  diedOf?: string;
  /** How long the event loop was blocked meanwhile, and until just before. */
  blockedMs?: number;
  blockedBeforeMs?: number;
  gcMs?: number;
  isDatabase?: boolean;
  /** The table or collection that a query is about. */
  collection?: string;
  route?: string;
  /** Traces that the span links to, by number. */
  links?: number[];
}

/** An event of a span that matters to an answer. */
export interface Mark {
  row: number;
  /** `circuitbreaker.transition`, `retry.storm`, `cache.stampede`, `pool.leak`, … */
  name: string;
  at: number;
  values: Record<string, string | number | boolean>;
}
