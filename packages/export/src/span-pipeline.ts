import { SpanPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
import { shareWithWorkers, sharedMemory } from './sharing.ts';
import { WorkerPipeline } from './worker-pipeline.ts';

/**
 * The pipeline of a thread: with a sender of its own, which all worker threads started from here on share; in such
 * a worker thread, one that uses it. A worker's destinations are then those of the process.
 */
export function spanPipeline(options: PipelineOptions): Pipeline {
  const memory = options.destinations.length > 0 ? sharedMemory() : undefined;
  if (memory) return new WorkerPipeline(options, memory);
  const pipeline = new SpanPipeline(options);
  if (options.destinations.length > 0) shareWithWorkers(() => pipeline.share());
  return pipeline;
}
