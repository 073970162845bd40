export type { ConsoleDestination, Destination, OtlpDestination, ZipkinDestination } from './destination.ts';
export { MAX_EXPORT_BATCH_SIZE } from './batch-size.ts';
export { encodeSpan } from './encode/span-encoder.ts';
export { hrTime } from './encode/times.ts';
export type { LogRecord } from './log-record.ts';
export type { FinishedEvent, FinishedSpan, Scope } from './finished-span.ts';
export { diedSpan, type ProcessDeath } from './disk/died-span.ts';
export { noteEndRequest } from './disk/end-request.ts';
export { HeapProfile } from './disk/heap-profile.ts';
export { MainSample, type ProcessState } from './disk/main-sample.ts';
export type { StateText } from './disk/state-text.ts';
export { OpenSpanTable } from './disk/open-span-table.ts';
export { defaultSpoolDirectory } from './disk/default-directory.ts';
export { makeSpoolMemory, type SpoolMemory } from './disk/spool-memory.ts';
export {
  SpanPipeline,
  type BatchOptions,
  type DiskSpoolOptions,
  type Pipeline,
  type PipelineOptions,
} from './pipeline.ts';
export { startOwnThread } from './own-thread.ts';
export { sharedMemory } from './sharing.ts';
export type { LoopWatchData } from './loop-watch.ts';
export { DUE_AT, LATE_MS, LOOKED_AT, makeLoopWords, STOPPED_MS, wakeWatch, type LoopWords } from './loop-words.ts';
export { WHERE_IT_STANDS, type MainStack } from './main-stack.ts';
export { spanPipeline } from './span-pipeline.ts';
export { WorkerPipeline } from './worker-pipeline.ts';
export {
  END_BY_SIGNAL,
  HANDLED,
  LISTENING,
  OURS,
  RECEIVED,
  STATES,
  type SignalThreadData,
  type ToSignalThread,
} from './signal-thread.ts';
export type { SignalThread } from './sender-link.ts';
export type { DropReason } from './spool.ts';
