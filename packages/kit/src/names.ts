/**
 * Every attribute and metric name that is not a stable semantic convention, with the proposal or
 * group it follows. Stable ones are written out where they are used: they do not change.
 *
 * Durations on spans are milliseconds (`_ms`), in metrics seconds.
 */

/** Pool wait and query spans. Prefix: experimental `db.client.connection.*` group for the name, ours for the state. */
export const POOL_NAME = 'db.client.connection.pool.name';
export const POOL_USED = 'pool.used';
export const POOL_IDLE = 'pool.idle';
export const POOL_PENDING = 'pool.pending';
export const POOL_LIMIT = 'pool.limit';
export const POOL_WAIT_MS = 'pool.wait_ms';
export const POOL_WAIT_REASON = 'pool.wait_reason';
export const POOL_HOLDER_TRACE_ID = 'pool.holder.trace_id';
export const POOL_HOLDER_HELD_MS = 'pool.holder.held_ms';
export const POOL_HOLDER_OPERATION = 'pool.holder.operation';

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

/** Messaging: the experimental `messaging.*` group of semantic conventions 1.3x, attributes and metrics. */
export const MESSAGING_SYSTEM = 'messaging.system';
export const MESSAGING_OPERATION_NAME = 'messaging.operation.name';
export const MESSAGING_OPERATION_TYPE = 'messaging.operation.type';
export const MESSAGING_DESTINATION_NAME = 'messaging.destination.name';
export const MESSAGING_MESSAGE_ID = 'messaging.message.id';
export const MESSAGING_BATCH_MESSAGE_COUNT = 'messaging.batch.message_count';
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
export const QUEUE_DEAD_LETTERED = 'queue.dead_lettered';
/** Metric, as `db.client.connection.wait_time` of pools: seconds between being due and the handler's start. */
export const QUEUE_WAIT_TIME = 'queue.wait_time';

/** Cache: semantic-conventions #2355 and Sentry's `cache.hit`. */
export const CACHE_NAME = 'cache.name';
export const CACHE_HIT = 'cache.hit';
export const CACHE_KEY_COUNT = 'cache.key_count';
export const CACHE_COALESCED = 'cache.coalesced';

/** The caller's original identifier; see the propagator. */
export const X_TRACE_ID = 'x_trace_id';

/** `peer.service` is what Jaeger draws an arrow to from a leaf CLIENT or PRODUCER span. */
export const PEER_SERVICE = 'peer.service';
