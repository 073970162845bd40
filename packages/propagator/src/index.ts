export { hostPatternsFrom, mayPropagateTo } from './host-pattern.ts';
export { PooledIdGenerator, randomSpanId, randomTraceId, randomWord, spanIdText, traceIdText } from './ids.ts';
export {
  DEFAULT_PROPAGATORS,
  ForeshockPropagator,
  propagatorsFromNames,
  type PropagatorName,
  type PropagatorOptions,
} from './propagator.ts';
export { rejectedInputs, type RejectedReason } from './rejected-input.ts';
export { TraceStateList } from './trace-state.ts';
export { idToSampleBy, sampleDerivedAsRoot } from './sampled-id.ts';
export { RANDOM } from './trace-parent.ts';
export { dropDerivedParent, isDenied, isDerivedParent, responseXTraceId, traceIdOfText } from './x-trace-id.ts';
