import { SpanPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
import { shareWithWorkers } from './sharing.ts';

/**
 * The pipeline of a thread with a sender, which all worker threads started from here on share: they have a
 * `WorkerPipeline`, and their destinations are those of the process.
 *
 * @param endMs the longest that a process without threads is kept alive to deliver what is left, ms
 * @param beforeEnd called before that, to end what ends with the process
 */
export function spanPipeline(options: PipelineOptions, endMs: number, beforeEnd: () => void): Pipeline {
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
