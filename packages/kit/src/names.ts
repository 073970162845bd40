/**
 * Names that are no stable semantic conventions.
 *
 * Spans: milliseconds (`_ms`); metrics: seconds.
 */

/** Pools: experimental `db.client.connection.*`; state is ours. */
export const POOL_NAME = 'db.client.connection.pool.name';
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

/** On a wait: the call to elsewhere that the holder waited for, at least half of the time. */
export const POOL_HOLDER_HELD_ACROSS_IO = 'pool.holder.held_across_io';

/** On a wait: while its holder had an open transaction, nothing ran in it for so long. */
export const POOL_HOLDER_TRANSACTION_IDLE_MS = 'pool.holder.transaction_idle_ms';

/** On the query that ends a transaction: from the start of its `BEGIN`, and how long nothing ran in it. */
export const DB_TRANSACTION_MS = 'db.transaction.ms';
export const DB_TRANSACTION_IDLE_MS = 'db.transaction.idle_ms';

/** Event on the holder's span: it waited for calls to elsewhere while it held a connection; the longest one's name. */
export const POOL_HELD_ACROSS_IO = 'pool.held_across_io';
export const POOL_HELD_ACROSS_IO_MS = 'pool.held_across_io.ms';
export const POOL_HELD_ACROSS_IO_CALLS = 'pool.held_across_io.calls';
export const POOL_HELD_ACROSS_IO_OPERATION = 'pool.held_across_io.operation';

/** On `pool.leak`: not out for long, but its caller has ended and others wait. */
export const POOL_LEAK_SUSPECTED = 'pool.leak.suspected';

/** When granted; plain names: when requested. */
export const POOL_GRANTED_USED = 'pool.granted.used';
export const POOL_GRANTED_IDLE = 'pool.granted.idle';
export const POOL_GRANTED_PENDING = 'pool.granted.pending';

/** Event on the last wait of a full pool: waiters, wait, longest holdings (`operation, ms, trace ID`). */
export const POOL_SATURATED = 'pool.saturated';
export const POOL_SATURATED_MS = 'pool.saturated.ms';
export const POOL_SATURATED_WAITERS = 'pool.saturated.waiters';
export const POOL_SATURATED_PEAK_PENDING = 'pool.saturated.peak_pending';
export const POOL_SATURATED_LONGEST_WAIT_MS = 'pool.saturated.longest_wait_ms';
export const POOL_SATURATED_HOLDERS = 'pool.saturated.holders';

/** Breaker and retry: proposal semantic-conventions #2355. */
export const BREAKER_NAME = 'circuitbreaker.name';
export const BREAKER_STATE = 'circuitbreaker.state';
export const BREAKER_OUTCOME = 'circuitbreaker.outcome';
export const RETRY_ATTEMPT = 'retry.attempt';
export const RETRY_MAX_ATTEMPTS = 'retry.max_attempts';
export const RETRY_DELAY_MS = 'retry.delay_ms';
export const RETRY_POLICY = 'retry.policy';
/** On a server span: this attempt's number over all callers' retries. */
export const RETRY_UPSTREAM_ATTEMPTS = 'retry.upstream_attempts';

/** Event on the changing span; metric. */
export const BREAKER_TRANSITION = 'circuitbreaker.transition';
export const BREAKER_PREVIOUS_STATE = 'circuitbreaker.previous_state';
/** `failures`, `probe`, `reset_timeout`, `health_check`, `forced`. */
export const BREAKER_REASON = 'circuitbreaker.reason';
export const BREAKER_TRANSITIONS = 'circuitbreaker.transitions';
/** Metric: calls by outcome. */
export const BREAKER_CALLS = 'circuitbreaker.calls';

/** `error.type` of the replaced error. */
export const FALLBACK_REASON = 'fallback.reason';

/** Event on the caller's span, when it begins to wait for an attempt. */
export const RETRY_WAIT = 'retry.wait';

/** Event on the caller's span, after attempts. */
export const RETRY_SUMMARY = 'retry.summary';
export const RETRY_ATTEMPTS = 'retry.attempts';
export const RETRY_OUTCOME = 'retry.outcome';
export const RETRY_TOTAL_DELAY_MS = 'retry.total_delay_ms';
/** Metric: attempts beyond the first, by policy. */
export const RETRY_RESENDS = 'retry.resends';

/** Event on the call starting it. */
export const RETRY_STORM = 'retry.storm';
/** Metric: number of storms. */
export const RETRY_STORMS = 'retry.storms';
export const RETRY_STORM_TARGET = 'retry.storm.target';
export const RETRY_STORM_FIRST_TRIES = 'retry.storm.first_tries';
export const RETRY_STORM_RESENDS = 'retry.storm.resends';
export const RETRY_STORM_RATE = 'retry.storm.rate';
export const RETRY_STORM_JITTER = 'retry.storm.jitter';

/** Experimental `messaging.*`, semantic conventions 1.3x. */
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

/** Queues: ours. */
export const QUEUE_WAIT_MS = 'queue.wait_ms';
export const QUEUE_ATTEMPT = 'queue.attempt';
export const QUEUE_MAX_ATTEMPTS = 'queue.max_attempts';
export const QUEUE_ACKED_EARLY = 'queue.acked_early';
/** `ack`, `auto` (no settling), `complete`, `commit`, `requeue`, `reject`. */
export const QUEUE_SETTLED = 'queue.settled';
/** Since the handler's start, which may continue. */
export const QUEUE_SETTLED_AFTER_MS = 'queue.settled_after_ms';
export const QUEUE_DEAD_LETTERED = 'queue.dead_lettered';
/** Metric like `db.client.connection.wait_time`: due to handler's start. */
export const QUEUE_WAIT_TIME = 'queue.wait_time';

/** Opening the connection that an operation, or a wait for a pool, waited for. Ours, as `http.phase.*`. */
export const DB_PHASE_DNS_MS = 'db.phase.dns_ms';
export const DB_PHASE_CONNECT_MS = 'db.phase.connect_ms';
export const DB_PHASE_TLS_MS = 'db.phase.tls_ms';
/** The server's greeting, authentication, settings. */
export const DB_PHASE_LOGIN_MS = 'db.phase.login_ms';
/** Event with these, on the span that asked for the connection, if no operation waited. */
export const CONNECTION_OPENED = 'connection.opened';

/** What a call waited for, in ms: name resolution; a channel that was not ready. Ours, as `http.phase.*`. */
export const RPC_PHASE_DNS_MS = 'rpc.phase.dns_ms';
export const RPC_PHASE_CONNECT_MS = 'rpc.phase.connect_ms';
export const RPC_TIMEOUT_MS = 'rpc.timeout_ms';
export const RPC_TIMEOUT_PHASE = 'rpc.timeout_phase';

/** On a span that sent over a WebSocket: the most that was not yet written, once the socket's buffer was full. */
export const WEBSOCKET_BUFFERED_BYTES = 'websocket.buffered_bytes';

/** socket.io: ours, as `http.phase.*`; behind other events, and until there was a connection. */
export const SOCKET_IO_PHASE_QUEUE_MS = 'socket.io.phase.queue_ms';
export const SOCKET_IO_PHASE_CONNECT_MS = 'socket.io.phase.connect_ms';
export const SOCKET_IO_TIMEOUT_MS = 'socket.io.timeout_ms';
/** Upstream's; `/` is left out. */
export const SOCKET_IO_NAMESPACE = 'messaging.socket.io.namespace';

/** `connect`, `ttfb`. */
export const DB_TIMEOUT_PHASE = 'db.timeout_phase';

/** semantic-conventions #2355, and Sentry's `cache.hit`. */
export const CACHE_NAME = 'cache.name';
export const CACHE_HIT = 'cache.hit';
export const CACHE_KEY_COUNT = 'cache.key_count';
export const CACHE_HIT_COUNT = 'cache.hit_count';
export const CACHE_COALESCED = 'cache.coalesced';
/** On a missed lookup: callers that missed its key meanwhile, if a stampede. */
export const CACHE_CONCURRENT_MISSES = 'cache.concurrent_misses';
/** Shape of a key (`user:*`), never the key. */
export const CACHE_KEY = 'cache.key';

/** Resource: one hash of the configuration that the process started with. */
export const CONFIG_FINGERPRINT = 'foreshock.config.fingerprint';

/** With FORESHOCK_KEY_HASH: which key or row, and what was done to it, for `foreshock races`. */
export const CACHE_KEY_HASH = 'cache.key.hash';
export const CACHE_KEY_ACCESS = 'cache.key.access';
export const DB_ROW_HASH = 'db.row.hash';
export const DB_ROW_ACCESS = 'db.row.access';
/** Names, read or assigned. */
export const DB_ROW_COLUMNS = 'db.row.columns';

/** In-process lookups, on the caller's span. */
export const CACHE_LOCAL_HITS = 'cache.local.hits';
export const CACHE_LOCAL_MISSES = 'cache.local.misses';
export const CACHE_LOCAL_COALESCED = 'cache.local.coalesced';

/** Event on callers, and metric: a key missed together. */
export const CACHE_STAMPEDE = 'cache.stampede';
export const CACHE_STAMPEDE_CALLERS = 'cache.stampede.callers';
export const CACHE_STAMPEDE_DURATION_MS = 'cache.stampede.duration_ms';
export const CACHE_STAMPEDES = 'cache.stampedes';
/** Metric: lookups by cache and result. */
export const CACHE_LOOKUPS = 'cache.lookups';

/** Ours; requested upstream in opentelemetry-js-contrib #3480 and #3660. */
export const HTTP_PHASE_QUEUE_MS = 'http.phase.queue_ms';
export const HTTP_PHASE_PROXY_MS = 'http.phase.proxy_ms';
export const HTTP_PHASE_DNS_MS = 'http.phase.dns_ms';
export const HTTP_PHASE_CONNECT_MS = 'http.phase.connect_ms';
export const HTTP_PHASE_TLS_MS = 'http.phase.tls_ms';
export const HTTP_PHASE_SEND_MS = 'http.phase.send_ms';
export const HTTP_PHASE_TTFB_MS = 'http.phase.ttfb_ms';
export const HTTP_PHASE_DOWNLOAD_MS = 'http.phase.download_ms';
export const HTTP_CONNECTION_REUSED = 'http.connection.reused';
export const HTTP_TIMEOUT_MS = 'http.timeout_ms';
export const HTTP_TIMEOUT_PHASE = 'http.timeout_phase';
/** The client disconnected first; no failure. */
export const HTTP_REQUEST_CANCELLED = 'http.request.cancelled';

/** On a server span: experimental, semantic conventions 1.3x. */
export const GRAPHQL_OPERATION_TYPE = 'graphql.operation.type';
export const GRAPHQL_OPERATION_NAME = 'graphql.operation.name';

/** Metrics: new HTTP connections, seconds. Ours. */
export const HTTP_CLIENT_DNS_DURATION = 'http.client.dns.duration';
export const HTTP_CLIENT_CONNECT_DURATION = 'http.client.connect.duration';
export const HTTP_CLIENT_TLS_DURATION = 'http.client.tls.duration';

/** Event: an error logged as warning or worse; the span need not fail. */
export const ERROR_LOGGED = 'error.logged';
/** Beyond the span's event limit. */
export const ERROR_LOGGED_COUNT = 'error.logged.count';

/** Of a span: the loop blocked, or garbage collection. Ours. */
export const EVENT_LOOP_BLOCKED_MS = 'event_loop.blocked_ms';
/** The block's length before an incoming request or message was read. */
export const EVENT_LOOP_BLOCKED_BEFORE_MS = 'event_loop.blocked_before_ms';
export const GC_PAUSE_MS = 'gc.pause_ms';
/** By the sender's thread, during a main thread block. */
export const EVENT_LOOP_BLOCKED = 'event_loop.blocked';

/** Span by the sender's thread: the process nears a limit, once an hour. */
export const LIMIT_NEAR = 'limit.near';
/** `heap`, `cgroup`, `file_descriptors`, `spool_disk` or `event_loop`. */
export const LIMIT_NAME = 'limit.name';
/** Bytes, numbers, or event loop lag in ms. */
export const LIMIT_USED = 'limit.used';
export const LIMIT_MAX = 'limit.max';

/** Beside a gauge: its highest since the reader's last collection. Ours. */
export const ACTIVE_REQUESTS_PEAK = 'http.server.active_requests.peak';
export const CONNECTION_COUNT_PEAK = 'db.client.connection.count.peak';
export const PENDING_REQUESTS_PEAK = 'db.client.connection.pending_requests.peak';
export const POOL_USED_PEAK = 'pool.used.peak';
export const POOL_PENDING_PEAK = 'pool.pending.peak';

/** Metric beside `process.open_file_descriptor.count`. Ours. */
export const PROCESS_FD_LIMIT = 'process.open_file_descriptor.limit';
/** Measurements beyond their instrument's limit of attribute sets, by its name. */
export const FORESHOCK_MEASUREMENTS_FOLDED = 'foreshock.measurements.folded';
/** The instrument. */
export const FORESHOCK_METRIC = 'foreshock.metric';

/** On a worker thread's metrics: its number, of the living ones, from 1. */
export const FORESHOCK_WORKER = 'foreshock.worker';

/** The caller's own; see the propagator. */
export const X_TRACE_ID = 'x_trace_id';

/** On `job <name>`. `job.system` as in OpenTelemetry's Java. */
export const JOB_SYSTEM = 'job.system';
/** Cron expression, or `every 5000 ms`. */
export const JOB_SCHEDULE = 'job.schedule';
export const JOB_OVERLAPPING_RUNS = 'job.overlapping_runs';

/** On `start <service>`, since process start. */
export const START_READY_MS = 'start.ready_ms';
/** `listening`, `request`, `message` or `job`. */
export const START_READY_BY = 'start.ready_by';

/** Answered worse than usual, on purpose: `stale`, `fallback`, `read_only`, `feature_off`. Ours. */
export const DEGRADED_MODE = 'degraded.mode';
/** As the application or policy names it. */
export const DEGRADED_FEATURE = 'degraded.feature';
/** Metric. */
export const DEGRADED_COUNT = 'degraded.count';

/** Of injected faults' events. */
export const CHAOS_EVENT = 'chaos.';
export const CHAOS_BOUNDARY = 'chaos.boundary';
export const CHAOS_TARGET = 'chaos.target';
/** Delay, holding or block. */
export const CHAOS_MS = 'chaos.ms';

/** The process ended before the span. */
export const FORESHOCK_INTERRUPTED = 'foreshock.interrupted';

/** Span of an abnormal end, linked to interrupted spans, with heartbeats. */
export const PROCESS_DIED = 'process.died';
/** `uncaught_error`, `signal`, `abort`, `oom_kill`, `heap_limit`, `hung`, `native_crash`, `unknown`. */
export const PROCESS_DIED_CAUSE = 'process.died.cause';
export const PROCESS_DIED_INTERRUPTED = 'process.died.interrupted';
export const PROCESS_UPTIME_MS = 'process.uptime_ms';
export const PROCESS_HEARTBEAT = 'process.heartbeat';
/** Heartbeat; memory of the cgroup in bytes. */
export const FORESHOCK_OPEN_SPANS = 'foreshock.open_spans';
export const FORESHOCK_WAITING_SPANS = 'foreshock.waiting_spans';
/** Heartbeat; followed by a V8 heap space's name. */
export const HEAP_SPACE_USED = 'v8js.memory.heap.used.';
/** Heartbeat; objects outside the heap, bytes. */
export const EXTERNAL_MEMORY = 'v8js.memory.external';
export const MACHINE_MEMORY_AVAILABLE = 'system.memory.available';
/** Heartbeat; garbage collection's share since the previous. */
export const GC_SHARE = 'gc.share';
/** Heartbeat; pools and breakers in words. */
export const PROCESS_STATE = 'process.state';
/** Heartbeat; the last span that failed. */
export const PROCESS_LAST_ERROR = 'process.last_error';
/** Which memory grew most, by heartbeats. */
export const PROCESS_DIED_GROWTH = 'process.died.growth';
/** A sampling heap profile's file and largest functions (`FORESHOCK_HEAP_PROFILE`). */
export const PROCESS_DIED_HEAP_PROFILE = 'process.died.heap_profile';
export const PROCESS_DIED_ALLOCATED_BY = 'process.died.allocated_by';
/** Spans open for less than 100 to 200 ms: only counted. */
export const PROCESS_DIED_INTERRUPTED_NEW = 'process.died.interrupted_new';
export const CGROUP_MEMORY_USED = 'cgroup.memory.used';
export const CGROUP_MEMORY_LIMIT = 'cgroup.memory.limit';
/** How long the main thread was busy at the last check. */
