import { SpanPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
import { shareWithWorkers, sharedMemory } from './sharing.ts';
import { WorkerPipeline } from './worker-pipeline.ts';

/**
 * The pipeline of a thread: with a sender of its own, which all worker threads started from here on share; in such
 * a worker thread, one that uses it. A worker's destinations are then those of the process.
 *
 * @param endMs the longest that a process without threads is kept alive to deliver what is left, ms
 * @param beforeEnd called before that, to end what ends with the process
 */
export function spanPipeline(options: PipelineOptions, endMs: number, beforeEnd: () => void): Pipeline {
  const memory = options.destinations.length > 0 ? sharedMemory() : undefined;
  if (memory) return new WorkerPipeline(options, memory);
  const pipeline = new SpanPipeline(options);
  // The main thread sends, and there is no thread to wait for at the very end: what is left goes when nothing else is
  // left to do. Once, as what a flush starts keeps the loop alive, and its end is a 'beforeExit' again.
  if (endMs > 0 && process.permission && !process.permission.has('worker')) {
    process.once('beforeExit', () => {
      beforeEnd();
      void pipeline.flush(endMs);
    });
  }
  if (options.destinations.length > 0) shareWithWorkers(() => pipeline.share());
  return pipeline;
}
