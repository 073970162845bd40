import { spanPipeline, startOwnThread } from '@foreshock/export';
import { VERSION } from '@foreshock/kit';
import { isMainThread } from 'node:worker_threads';
import { makeDiskSpool } from './disk-spool.ts';
import { PauseAttributes } from './event-loop/pause-attributes.ts';
import { watchChildren } from './killed-children.ts';
import { start } from './preload.ts';
import { ProcessSignals } from './process-signals.ts';
import { StartTrace } from './start-trace.ts';

// dist/preload.cjs: also for workers whose main thread sends nothing or has no preload.
start({
  makePipeline: spanPipeline,
  ...(isMainThread && {
    makeDiskSpool,
    watchChildren,
    startOwnThread,
    makeSignals: (...options) => new ProcessSignals(...options),
    makePauses: (config, isIdle) => new PauseAttributes(config, isIdle),
    makeStartTrace: (provider, service) => new StartTrace(() => provider().getTracer('foreshock', VERSION), service),
  }),
});
