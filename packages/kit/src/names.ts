/**
 * Every attribute and metric name that is not a stable semantic convention, with the proposal or
 * group it follows. Stable ones are written out where they are used: they do not change.
 *
 * Durations on spans are milliseconds (`_ms`), in metrics seconds.
 */

/** Pool wait and query spans. Prefix: experimental `db.client.connection.*` group for the name, ours for the state. */
export const POOL_NAME = 'db.client.connection.pool.name';
/** The name of a limiter of tasks, that is no pool of connections. */
export const TASK_POOL_NAME = 'pool.name';
export const POOL_USED = 'pool.used';
export const POOL_IDLE = 'pool.idle';
export const POOL_PENDING = 'pool.pending';
export const POOL_LIMIT = 'pool.limit';
export const POOL_WAIT_MS = 'pool.wait_ms';
export const POOL_WAIT_REASON = 'pool.wait_reason';
export const POOL_HOLDER_TRACE_ID = 'pool.holder.trace_id';
export const POOL_HOLDER_HELD_MS = 'pool.holder.held_ms';
export const POOL_HOLDER_OPERATION = 'pool.holder.operation';

/** On `pool.leak`: true when it is not out for long yet, but its taker is through and others wait. */
export const POOL_LEAK_SUSPECTED = 'pool.leak.suspected';

/** Pool state when the connection was granted; the plain names are the state when it was asked for. */
export const POOL_GRANTED_USED = 'pool.granted.used';
export const POOL_GRANTED_IDLE = 'pool.granted.idle';
export const POOL_GRANTED_PENDING = 'pool.granted.pending';

/** On `pool.saturated`: who waited, how long, and the longest holdings (`operation, ms, trace ID`). */
export const POOL_SATURATED_WAITERS = 'pool.saturated.waiters';
export const POOL_SATURATED_PEAK_PENDING = 'pool.saturated.peak_pending';
export const POOL_SATURATED_LONGEST_WAIT_MS = 'pool.saturated.longest_wait_ms';
export const POOL_SATURATED_HOLDERS = 'pool.saturated.holders';

/** Breaker and retry: open proposal semantic-conventions #2355. */
export const BREAKER_NAME = 'circuitbreaker.name';
export const BREAKER_STATE = 'circuitbreaker.state';
export const BREAKER_OUTCOME = 'circuitbreaker.outcome';
export const RETRY_ATTEMPT = 'retry.attempt';
export const RETRY_MAX_ATTEMPTS = 'retry.max_attempts';
export const RETRY_DELAY_MS = 'retry.delay_ms';
export const RETRY_POLICY = 'retry.policy';
/** On a server span: the how manyth request of one operation this is, as the retries of all callers above make it. */
export const RETRY_UPSTREAM_ATTEMPTS = 'retry.upstream_attempts';

/** Event on the span that caused a breaker's change of state, and the metric that counts them. */
export const BREAKER_TRANSITION = 'circuitbreaker.transition';
export const BREAKER_PREVIOUS_STATE = 'circuitbreaker.previous_state';
/** `failures`, `probe`, `reset_timeout`, `health_check`, `forced`. */
export const BREAKER_REASON = 'circuitbreaker.reason';
export const BREAKER_TRANSITIONS = 'circuitbreaker.transitions';
/** Metric: calls of a breaker, by outcome. */
export const BREAKER_CALLS = 'circuitbreaker.calls';

/** Why something else answered: the error that the caller would have got, as its `error.type` would say. */
export const FALLBACK_REASON = 'fallback.reason';

/** Event on the span that called, once an operation took more than one attempt. */
export const RETRY_SUMMARY = 'retry.summary';
export const RETRY_ATTEMPTS = 'retry.attempts';
export const RETRY_OUTCOME = 'retry.outcome';
export const RETRY_TOTAL_DELAY_MS = 'retry.total_delay_ms';
/** Metric: attempts beyond the first, by policy. */
export const RETRY_RESENDS = 'retry.resends';

/** Event on the call with which a target's resends became a storm. */
export const RETRY_STORM = 'retry.storm';
/** Metric: how often that happened. */
export const RETRY_STORMS = 'retry.storms';
export const RETRY_STORM_TARGET = 'retry.storm.target';
export const RETRY_STORM_FIRST_TRIES = 'retry.storm.first_tries';
export const RETRY_STORM_RESENDS = 'retry.storm.resends';
export const RETRY_STORM_RATE = 'retry.storm.rate';
export const RETRY_STORM_JITTER = 'retry.storm.jitter';

/** Messaging: the experimental `messaging.*` group of semantic conventions 1.3x, attributes and metrics. */
export const MESSAGING_SYSTEM = 'messaging.system';
export const MESSAGING_OPERATION_NAME = 'messaging.operation.name';
export const MESSAGING_OPERATION_TYPE = 'messaging.operation.type';
export const MESSAGING_DESTINATION_NAME = 'messaging.destination.name';
export const MESSAGING_MESSAGE_ID = 'messaging.message.id';
export const MESSAGING_BATCH_MESSAGE_COUNT = 'messaging.batch.message_count';
export const MESSAGING_PARTITION_ID = 'messaging.destination.partition.id';
export const MESSAGING_OFFSET = 'messaging.kafka.offset';
export const MESSAGING_ROUTING_KEY = 'messaging.rabbitmq.destination.routing_key';
export const MESSAGING_CONSUMER_GROUP_NAME = 'messaging.consumer.group.name';
export const MESSAGING_SENT_MESSAGES = 'messaging.client.sent.messages';
export const MESSAGING_CONSUMED_MESSAGES = 'messaging.client.consumed.messages';
export const MESSAGING_OPERATION_DURATION = 'messaging.client.operation.duration';
export const MESSAGING_PROCESS_DURATION = 'messaging.process.duration';

/** Queues: ours, beside the `messaging.*` group. */
export const QUEUE_WAIT_MS = 'queue.wait_ms';
export const QUEUE_ATTEMPT = 'queue.attempt';
export const QUEUE_MAX_ATTEMPTS = 'queue.max_attempts';
export const QUEUE_ACKED_EARLY = 'queue.acked_early';
/** How the application settled the message: `ack`, `auto` (asked for none), `complete`, `commit`, `requeue`, `reject`. */
export const QUEUE_SETTLED = 'queue.settled';
/** When it did, from the start of the handling; the handler may go on after it. */
export const QUEUE_SETTLED_AFTER_MS = 'queue.settled_after_ms';
export const QUEUE_DEAD_LETTERED = 'queue.dead_lettered';
/** Metric, as `db.client.connection.wait_time` of pools: seconds between being due and the handler's start. */
export const QUEUE_WAIT_TIME = 'queue.wait_time';

/** What a call to a database or cache was waiting for when its client's limit ran out: `connect`, `ttfb`. */
export const DB_TIMEOUT_PHASE = 'db.timeout_phase';

/** Cache: semantic-conventions #2355 and Sentry's `cache.hit`. */
export const CACHE_NAME = 'cache.name';
export const CACHE_HIT = 'cache.hit';
export const CACHE_KEY_COUNT = 'cache.key_count';
/** Keys found, of `cache.key_count`. */
export const CACHE_HIT_COUNT = 'cache.hit_count';
export const CACHE_COALESCED = 'cache.coalesced';
/** The shape of a key (`user:*`), never the key. */
export const CACHE_KEY = 'cache.key';

/** Lookups in the process make no span: their numbers are on the span that asked. */
export const CACHE_LOCAL_HITS = 'cache.local.hits';
export const CACHE_LOCAL_MISSES = 'cache.local.misses';
export const CACHE_LOCAL_COALESCED = 'cache.local.coalesced';

/** Event on a caller once one key was missed by many at a time, and the metric that counts them. */
export const CACHE_STAMPEDE = 'cache.stampede';
export const CACHE_STAMPEDE_CALLERS = 'cache.stampede.callers';
export const CACHE_STAMPEDE_DURATION_MS = 'cache.stampede.duration_ms';
export const CACHE_STAMPEDES = 'cache.stampedes';
/** Metric: lookups, by cache and hit or miss. */
export const CACHE_LOOKUPS = 'cache.lookups';

/** Outgoing HTTP: where a call's time went. Ours; upstream asks for it in opentelemetry-js-contrib #3480 and #3660. */
export const HTTP_PHASE_QUEUE_MS = 'http.phase.queue_ms';
export const HTTP_PHASE_PROXY_MS = 'http.phase.proxy_ms';
export const HTTP_PHASE_DNS_MS = 'http.phase.dns_ms';
export const HTTP_PHASE_CONNECT_MS = 'http.phase.connect_ms';
export const HTTP_PHASE_TLS_MS = 'http.phase.tls_ms';
export const HTTP_PHASE_SEND_MS = 'http.phase.send_ms';
export const HTTP_PHASE_TTFB_MS = 'http.phase.ttfb_ms';
export const HTTP_PHASE_DOWNLOAD_MS = 'http.phase.download_ms';
/** True when the call went over a connection that was open already. */
export const HTTP_CONNECTION_REUSED = 'http.connection.reused';
/** The limit that ran out, and what the call was waiting for when it did. */
export const HTTP_TIMEOUT_MS = 'http.timeout_ms';
export const HTTP_TIMEOUT_PHASE = 'http.timeout_phase';
/** True when the one who asked went away before the end of the response: no failure of anybody's. */
export const HTTP_REQUEST_CANCELLED = 'http.request.cancelled';

/** Metrics, in seconds: what a new connection of an HTTP client took. Ours. */
export const HTTP_CLIENT_DNS_DURATION = 'http.client.dns.duration';
export const HTTP_CLIENT_CONNECT_DURATION = 'http.client.connect.duration';
export const HTTP_CLIENT_TLS_DURATION = 'http.client.tls.duration';

/** Event on the span in force: an error was logged, as a warning or worse. It may have been caught: the span need not fail. */
export const ERROR_LOGGED = 'error.logged';
/** How many errors were logged in the span, when there were more than it has events for. */
export const ERROR_LOGGED_COUNT = 'error.logged.count';

/** On any span: of its time, how long the event loop of its thread was blocked, and the garbage collector stopped it. Ours. */
export const EVENT_LOOP_BLOCKED_MS = 'event_loop.blocked_ms';
/** On spans of requests and messages that come in: how long it was blocked until they were read, which may have come before. */
export const EVENT_LOOP_BLOCKED_BEFORE_MS = 'event_loop.blocked_before_ms';
export const GC_PAUSE_MS = 'gc.pause_ms';
/** A span that the sender's thread makes while the event loop of the main thread is blocked. */
export const EVENT_LOOP_BLOCKED = 'event_loop.blocked';

/** The caller's original identifier; see the propagator. */
export const X_TRACE_ID = 'x_trace_id';

/** Background work, on the span `job <name>`. `job.system` as OpenTelemetry's Java instrumentations of schedulers have it. */
export const JOB_SYSTEM = 'job.system';
/** When it runs: the cron expression, or `every 5000 ms`. */
export const JOB_SCHEDULE = 'job.schedule';
/** Earlier runs of the same job that had not ended when this one began, when there were any. */
export const JOB_OVERLAPPING_RUNS = 'job.overlapping_runs';

/** On the span `start <service>`: from the start of the process to its being ready, and what showed that it was. */
export const START_READY_MS = 'start.ready_ms';
/** `listening`, `request`, `message` or `job`. */
export const START_READY_BY = 'start.ready_by';

/** Events `chaos.<fault>` of `foreshock/chaos`, on each span that an injected fault hits. */
export const CHAOS_EVENT = 'chaos.';
export const CHAOS_BOUNDARY = 'chaos.boundary';
export const CHAOS_TARGET = 'chaos.target';
/** How long the call was delayed, the connection held or the loop blocked. */
export const CHAOS_MS = 'chaos.ms';

/** Marks a span that had not ended when its process did. */
export const FORESHOCK_INTERRUPTED = 'foreshock.interrupted';

/** Span: the end of a process that did not end by itself, linked to what it interrupted; and its events, the last heartbeats. */
export const PROCESS_DIED = 'process.died';
/** `uncaught_error`, `signal`, `abort`, `oom_kill`, `heap_limit`, `hung`, `unknown`. */
export const PROCESS_DIED_CAUSE = 'process.died.cause';
export const PROCESS_DIED_INTERRUPTED = 'process.died.interrupted';
export const PROCESS_UPTIME_MS = 'process.uptime_ms';
export const PROCESS_HEARTBEAT = 'process.heartbeat';
/** Of a heartbeat: spans under way, spans not delivered yet, memory of the cgroup in bytes. */
export const FORESHOCK_OPEN_SPANS = 'foreshock.open_spans';
export const FORESHOCK_WAITING_SPANS = 'foreshock.waiting_spans';
export const CGROUP_MEMORY_USED = 'cgroup.memory.used';
export const CGROUP_MEMORY_LIMIT = 'cgroup.memory.limit';
/** For how long the main thread had not been free, when it was last looked at. */
