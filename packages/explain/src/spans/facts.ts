/** Facts about waits and decisions; most spans have few. */
export interface Facts {
  /** The pool or limiter that was waited for. */
  pool?: string;
  /** Not for the query after the wait. */
  isWait?: boolean;
  waitReason?: string;
  poolUsed?: number;
  poolLimit?: number;
  poolPending?: number;
  holderTrace?: string;
  holderHeldMs?: number;
  holderOperation?: string;
  /** Number of waiters and longest wait. */
  waiters?: number;
  longestWaitMs?: number;
  /** Milliseconds. */
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
  /** Hash of the message's id. */
  messageId?: number;
  settled?: string;
  ackedEarly?: boolean;
  deadLettered?: boolean;
  cacheHit?: boolean;
  cancelled?: boolean;
  interrupted?: boolean;
  /** Such as `oom_kill`. */
  diedOf?: string;
  /** How long the event loop was blocked meanwhile, and until just before. */
  blockedMs?: number;
  blockedBeforeMs?: number;
  gcMs?: number;
  isDatabase?: boolean;
  collection?: string;
  route?: string;
  /** By number. */
  links?: number[];
}

/** An event of a span, such as `retry.storm`. */
export interface Mark {
  row: number;
  name: string;
  at: number;
  values: Record<string, string | number | boolean>;
}
