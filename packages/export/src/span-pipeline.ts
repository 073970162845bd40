import { SpanPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
import { shareWithWorkers } from './sharing.ts';

/**
 * Shared with worker threads started later (`WorkerPipeline`).
 *
 * @param endMs longest delay of the process's end, ms
 * @param beforeEnd called before that
 */
export function spanPipeline(options: PipelineOptions, endMs: number, beforeEnd: () => void): Pipeline {
  const pipeline = new SpanPipeline(options);
  // Without a thread nothing is sent after 'beforeExit'. Once: a flush repeats 'beforeExit'.
  if (endMs > 0 && process.permission && !process.permission.has('worker')) {
    process.once('beforeExit', () => {
      beforeEnd();
      void pipeline.flush(endMs);
    });
  }
  if (options.destinations.length > 0) shareWithWorkers(() => pipeline.share());
  return pipeline;
}
