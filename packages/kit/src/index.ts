export { type Adapter, type Shown } from './adapter.ts';
export { whenAssigned } from './assigned-property.ts';
export { AttemptBaggage, currentBaggage, whereSent } from './attempt-baggage.ts';
export { isCarrierTrusted, withCarrierTrust } from './carrier-trust.ts';
export { addCommon, CommonAttributes, peerOf, startSpan, type SpanStart } from './common-attributes.ts';
export {
  CALLER,
  callerOf,
  clientAnswered,
  CONTENT,
  onAnswer,
  requestContentOf,
  setCaller,
  setRequestContent,
  type RequestContent,
} from './client-call.ts';
export { bind, bindOnce, Caller, detached, type Run } from './caller.ts';
export { ConnectionOpening, openingOf, rememberOpening } from './connection-opening.ts';
export { ClientOperation, NO_STATUS, type ServerErrors, type TimeOutPhase } from './client-operation.ts';
export { LinkedList, type Linked } from './linked-list.ts';
export {
  attach,
  CALLBACKS_RESTORE_CONTEXT,
  enter,
  leave,
  methodIn,
  NOT_ENTERED,
  runBy,
  runIn,
} from './context-bridge.ts';
export { collectDependencies, dependencies, noteUse, type Dependency, type PoolUse } from './dependencies.ts';
export { namedSettings, plainSettings, type Settings } from './settings.ts';
export { noteDegraded, type DegradedMode } from './degraded.ts';
export { detachedInterval, detachedTimeout } from './detached-timer.ts';
export { errorMessageOf, errorTypeOf, exceptionTextOf, privateMessageOf, wholeMessageOf } from './error-type.ts';
export { withoutValues } from './error-values.ts';
export { contextAttributesOf, withContextAttributes } from './context-attributes.ts';
export { isSuppressed, suppressed } from './suppression.ts';
export { guard, report } from './guard.ts';
export { BriefHandOver, HandOver } from './hand-over.ts';
export { Hooks } from './hooks.ts';
export {
  instrumentationOf,
  type Boundary,
  type Instrumentation,
  type InstrumentationConfig,
  type Telemetry,
} from './instrumentation.ts';
export { keyHash, type KeyHash } from './key-hash.ts';
export { LazyRoot, mayBeginRoot } from './lazy-root.ts';
export { log, setLogWriter, type LogLevel, type WriteLine } from './log.ts';
export { BoundedMap } from './bounded-map.ts';
export { roundMs } from './milliseconds.ts';
export { hasLibraryLoaded, onBuiltinLoad, onModuleLoad, type LoadedModule } from './module-hook.ts';
export {
  answering,
  answeringOnce,
  followed,
  observed,
  preceded,
  returning,
  type AnyFunction,
  type MethodCalls,
  type Runner,
} from './observed-method.ts';
export { OperationClient } from './operation-client.ts';
export { attributeOf, eachAttribute, isOwn, OWN, spanContextOf, type Own } from './own-tracer.ts';
export {
  addDriver,
  holdingOf,
  recogniseConnection,
  rememberedHolding,
  rememberHolding,
  targetOf,
  type ConnectionHolding,
  type OpenTransaction,
  type ConnectionTarget,
  type Driver,
  type DriverConnection,
} from './pooled-connections.ts';
export { collectAs, FIRST_SCRAPER, Peak, PEAK_READERS } from './peak.ts';
export { messageContext, nextMessageContext, openerOf, type PlainMessage } from './message-run.ts';
export { withFixed } from './fixed-property.ts';
export { lastError, noteError, offerState, processState } from './process-state.ts';
export { propertiesOf, replacementOf, replaceOn, type Attachment } from './replaced-function.ts';
export { beforeEach } from './before-each.ts';
export { nextRound } from './rounds.ts';
export { receivedHere, rpcMetadataOf, ServedContext, withSpan, type RpcMetadata } from './served-context.ts';
export { sendTrace, UntrustedHeaders, type OutgoingHeaders } from './trace-headers.ts';
export { pendingRootOf, withPendingRoot, type PendingRoot } from './pending-root.ts';
export { noteScope } from './upstream.ts';
export { unexportedClass } from './unexported-class.ts';
export { inRange } from './version-range.ts';
export { whenSettled } from './when-settled.ts';
export { VERSION } from './version.ts';
export { watcher, type AttachedAdapter, type Watcher } from './watcher.ts';
export { withXTraceId, xTraceIdOf } from './x-trace-id.ts';
