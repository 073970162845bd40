import { createRequire } from 'node:module';
import { join } from 'node:path';
import { sharedMemory, WorkerPipeline } from '@foreshock/export';
import { start } from './preload.ts';

// dist/worker-preload.cjs: the main thread's sender delivers these workers' spans.
const memory = sharedMemory();
if (memory) {
  start({ makePipeline: (options) => new WorkerPipeline(options, memory) });
} else {
  const file = join(import.meta.dirname, 'preload.cjs');
  createRequire(file)(file);
}
