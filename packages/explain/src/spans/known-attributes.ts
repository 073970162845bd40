/** About waits and decisions; most spans have few. */
export interface KnownAttributes {
  /** Pool or limiter waited for. */
  pool?: string;
  /** The span has a wait's length: see `isPoolWait`. */
  isWait?: boolean;
  waitReason?: string;
  poolUsed?: number;
  poolLimit?: number;
  poolPending?: number;
  holderTrace?: string;
  holderHeldMs?: number;
  holderOperation?: string;
  /** Number, and longest wait. */
  waiters?: number;
  longestWaitMs?: number;
  /** Phases of a call, in milliseconds. */
  queueMs?: number;
  /** Made elsewhere, as a proxy's tunnel. */
  proxyMs?: number;
  dnsMs?: number;
  connectMs?: number;
  tlsMs?: number;
  /** Of a new connection to a database. */
  loginMs?: number;
  timeoutPhase?: string;
  attempt?: number;
  delayMs?: number;
  breaker?: string;
  breakerState?: string;
  breakerOutcome?: string;
  /** Worse than usual on purpose, such as `stale`. */
  degraded?: string;
  queueWaitMs?: number;
  destination?: string;
  /** Hash of the message's id. */
  messageId?: number;
  /** Where Kafka keeps it. */
  partition?: string;
  offset?: number;
  /** More messages than the first, whose partition and offset it has. */
  isBatch?: boolean;
  /** Consumer group. */
  group?: string;
  settled?: string;
  ackedEarly?: boolean;
  deadLettered?: boolean;
  cacheHit?: boolean;
  cancelled?: boolean;
  interrupted?: boolean;
  /** No request began it. */
  isBackground?: boolean;
  /** Such as `oom_kill`. */
  diedOf?: string;
  /** Which memory grew most before the process died. */
  grew?: string;
  /** Of a process that died. */
  pid?: number;
  /** Milliseconds the event loop was blocked during the span, and just before. */
  blockedMs?: number;
  blockedBeforeMs?: number;
  gcMs?: number;
  isDatabase?: boolean;
  collection?: string;
  route?: string;
  /** Of a cache key or row, with FORESHOCK_KEY_HASH. */
  keyHash?: number;
  /** Room and verb, such as `row update`. */
  access?: string;
  /** Read or assigned, with commas between. */
  columns?: string;
  isPost?: boolean;
  /** Numbers of linked traces. */
  links?: number[];
}

/** An event of a span, such as `retry.storm`. */
export interface Mark {
  row: number;
  name: string;
  at: number;
  values: Record<string, string | number | boolean>;
}
