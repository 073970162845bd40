export type { ConsoleDestination, Destination, OtlpDestination, ZipkinDestination } from './destination.ts';
export { encodeSpan, type FinishedEvent, type FinishedSpan, type Scope } from './encoder.ts';
export { SpanPipeline, type BatchOptions, type Pipeline, type PipelineOptions } from './pipeline.ts';
export { sharedMemory } from './sharing.ts';
export { spanPipeline } from './span-pipeline.ts';
export { WorkerPipeline } from './worker-pipeline.ts';
export {
  END_BY_SIGNAL,
  LISTENING,
  OURS,
  RECEIVED,
  STATES,
  type SignalThreadData,
  type ToSignalThread,
} from './signal-thread.ts';
export type { SignalThread } from './sender-link.ts';
export type { DropReason } from './spool.ts';
