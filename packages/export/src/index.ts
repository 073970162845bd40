export type { ConsoleDestination, Destination, OtlpDestination, ZipkinDestination } from './destination.ts';
export { encodeSpan, type FinishedEvent, type FinishedSpan, type Scope } from './encoder.ts';
export { SpanPipeline, type BatchOptions, type Pipeline, type PipelineOptions } from './pipeline.ts';
export { spanPipeline } from './span-pipeline.ts';
export type { DropReason } from './spool.ts';
