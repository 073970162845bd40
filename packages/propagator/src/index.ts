export { hostPatternsFrom, mayPropagateTo } from './host-pattern.ts';
export { PooledIdGenerator, lastIdWord, randomSpanId, randomTraceId } from './ids.ts';
export {
  DEFAULT_PROPAGATORS,
  ForeshockPropagator,
  propagatorsFromNames,
  type PropagatorName,
  type PropagatorOptions,
} from './propagator.ts';
export { rejectedInputs, type RejectedReason } from './rejected-input.ts';
export { TraceStateList } from './trace-state.ts';
export {
  dropDerivedParent,
  isDerivedParent,
  responseXTraceId,
  sampleDerivedAsRoot,
  traceIdOfText,
} from './x-trace-id.ts';
