import { context, propagation, trace, type Attributes } from '@opentelemetry/api';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, AlwaysOnSampler, TraceIdRatioBasedSampler, type Sampler } from '@opentelemetry/sdk-trace';
import type { LogRecord, Pipeline, PipelineOptions, startOwnThread } from '@foreshock/export';
import { collectDependencies, guard, log, VERSION } from '@foreshock/kit';
import { rejectedInputs } from '@foreshock/propagator';
import type { AdminOptions } from './admin/admin-link.ts';
import { adminOptions } from './admin/admin-options.ts';
import { logBundledServer } from './bundled-server.ts';
import { readConfig, type Config } from './config.ts';
import type { makeDiskSpool } from './disk-spool.ts';
import { Env } from './env.ts';
import type { PauseAttributes } from './event-loop/pause-attributes.ts';
import { startLogging } from './log.ts';
import { OpenSpans } from './open-spans.ts';
import { makeLaterPlugin } from './later-boundaries.ts';
import { makePropagator, readPluginConfig } from './plugin-config.ts';
import { isFirstInProcess } from './once-a-process.ts';
import { preloadWatcher } from './preload-watcher.ts';
import type { watchChildren } from './killed-children.ts';
import { runAtExit, runBeforeExec } from './process-exit.ts';
import type { ProcessSignals } from './process-signals.ts';
import { readResource } from './resource.ts';
import { Roots } from './roots.ts';
import type { StartTrace } from './start-trace.ts';
import { ForeshockTracerProvider } from './tracer/tracer.ts';

/** A server listens (Node's diagnostics_channel docs). */
const LISTENING = 'tracing:net.server.listen:asyncEnd';

/** Per kind of thread: neither loads the other's code. */
export interface ThreadParts {
  /**
   * @param endMs longest delay of the process's end
   * @param beforeEnd called before that
   */
  makePipeline(options: PipelineOptions, endMs: number, beforeEnd: () => void): Pipeline;
  /** Main thread only, like signals. */
  makeSignals?: (...options: ConstructorParameters<typeof ProcessSignals>) => ProcessSignals;
  /** Main thread only. */
  makeDiskSpool?: typeof makeDiskSpool;
  /** Main thread only. */
  watchChildren?: typeof watchChildren;
  /** Main thread only. */
  makePauses?: (config: Config, isIdle: () => boolean) => PauseAttributes;
  /** Main thread only: one a process. */
  startOwnThread?: typeof startOwnThread;
  /** Main thread only: workers start within other work. */
  makeStartTrace?: (provider: () => ForeshockTracerProvider, service: string) => StartTrace;
}

export function start(thread: ThreadParts): void {
  const env = new Env(process.env);
  const watcher = preloadWatcher();
  if (env.boolean('OTEL_SDK_DISABLED', false)) {
    // OTEL_PROPAGATORS applies even if disabled (specification).
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(makePropagator(readPluginConfig(env)));
    watcher?.started(undefined);
    return;
  }
  startLogging(env);
  const config = readConfig(env);
  const resource = readResource(env);
  for (const line of env.warnings) warnOnce(line);

  const destinations = [...config.destinations, ...config.logDestinations];
  // If false, Node ends the process.
  const mayDelayEnd = config.flushMs > 0 && destinations.length > 0;
  const end = (): void => {
    pauses?.stop();
    startTrace?.end();
    roots.endAll();
    const interrupted = openSpans.endAll();
    const died = disk?.death?.span(interrupted);
    if (died) pipeline.onEnd(died);
    pipeline.endBlocking(config.flushMs);
  };
  const admin = thread.startOwnThread && adminOptions(config, resource, thread.startOwnThread);
  // From their load on, boundaries note these.
  if (admin) collectDependencies();
  const disk = thread.makeDiskSpool?.(env, config, resource, mayDelayEnd, end, () => pauses?.gcMs ?? 0);
  const endBySignal = (signal: number): void => {
    disk?.death?.bySignal(signal);
    end();
  };
  const signals = mayDelayEnd
    ? thread.makeSignals?.(endBySignal, config.flushMs, (signal) => disk?.signalReceived(signal))
    : undefined;
  const openSpans = new OpenSpans(() => {
    if (!signals || signals.isListening) return;
    signals.listen();
    pipeline.start();
  }, disk?.openSpans);
  const pauses = config.destinations.length > 0 ? thread.makePauses?.(config, () => openSpans.isEmpty) : undefined;
  const pipeline: Pipeline = thread.makePipeline(
    {
      destinations,
      resource,
      spoolBytes: config.spoolBytes,
      disk: disk?.options,
      batch: config.batch,
      userAgent: `foreshock/${VERSION}`,
      senderUrl: join(import.meta.dirname, 'sender.cjs'),
      signals,
      loopWatch: pauses?.loopWatch,
      onReleased: () => {
        if (signals && pipeline.isEmpty && openSpans.isEmpty) signals.rest();
      },
    },
    config.flushMs,
    () => {
      startTrace?.end();
      roots.endAll();
    },
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const sendLine = config.logDestinations.length > 0 ? (line: LogRecord) => pipeline.onLog(line) : undefined;
  const plugin = makeLaterPlugin(config, warnOnce, sendLine);
  const startTrace = thread.makeStartTrace?.(() => provider, String(resource['service.name']));
  const roots = new Roots(startTrace);
  const provider: ForeshockTracerProvider = new ForeshockTracerProvider({
    sampler: makeSampler(config.sampler),
    parentBased: config.sampler.name.startsWith('parentbased_'),
    byTraceId: config.sampler.name.endsWith('traceidratio'),
    spanLimits: config.spanLimits,
    spanProcessors: [
      ...plugin.spanProcessors,
      ...(startTrace ? [startTrace] : []),
      roots,
      ...(pauses ? [pauses] : []),
      openSpans,
      pipeline,
      ...(watcher ? [watcher.spans] : []),
    ],
    findRoot: (where, kind) => roots.above(where, kind),
    onUnrecorded: (kind) => {
      startTrace?.onUnrecorded(kind);
      watcher?.unrecorded(kind);
    },
  });
  trace.setGlobalTracerProvider(provider);
  propagation.setGlobalPropagator(plugin.textMapPropagator);
  const isScraped = admin ?? (!isMainThread && config.admin);
  if (config.metrics.exporters.length > 0 || isScraped) startMetrics(config, resource, pipeline, admin);
  logBundledServer();
  if (isMainThread) startLambda(config, pipeline);
  watcher?.started(pipeline);

  // A server makes spans: the signal thread starts first.
  const startSoon = (): void => {
    unsubscribe(LISTENING, startSoon);
    setImmediate(() => {
      pipeline.start();
      pauses?.watch();
    }).unref();
  };
  if (signals) subscribe(LISTENING, startSoon);
  if (disk) thread.watchChildren?.((pid, signal) => pipeline.childKilled?.(pid, signal));
  if (!mayDelayEnd) return;
  const endNow = (): void => {
    // Signals may come during delivery.
    signals?.rest();
    end();
  };
  runAtExit(() => {
    guard('at the end of the process', endNow);
    signals?.raiseReceived();
  });
  if (isMainThread) runBeforeExec(endNow);
}

/** Workers share settings unless with their own environment. */
function warnOnce(line: string): void {
  if (isFirstInProcess(line)) log('warn', `foreshock: ${line}`);
}

/** For a parent-based sampler: the one for root spans. */
function makeSampler({ name, ratio }: Config['sampler']): Sampler {
  if (name.endsWith('always_off')) return new AlwaysOffSampler();
  return name.endsWith('always_on') ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(ratio);
}

/** In AWS Lambda's runtime for Node.js; its process is frozen between invocations. */
function startLambda({ destinations, flushMs }: Config, pipeline: Pipeline): void {
  const { _HANDLER: handler, LAMBDA_TASK_ROOT: taskRoot } = process.env;
  if (handler === undefined || taskRoot === undefined || destinations.length === 0) return;
  const file = join(import.meta.dirname, 'lambda.cjs');
  const { traceInvocations } = createRequire(file)(file) as typeof import('./lambda/lambda.ts');
  traceInvocations({ handler, taskRoot, flushMs, flush: (ms) => pipeline.flush(ms) });
  // While the start is not yet paid for.
  pipeline.start();
}

/** A file that few services need. */
function startMetrics(config: Config, resource: Attributes, pipeline: Pipeline, admin: AdminOptions | undefined): void {
  const file = join(import.meta.dirname, 'metrics.cjs');
  const { startMetrics: startExport } = createRequire(file)(file) as typeof import('./metrics.ts');
  const counts = [
    {
      name: 'foreshock.spans.dropped',
      description: 'Spans that were not delivered',
      unit: '{span}',
      read: () => pipeline.dropped,
    },
    ...(config.logDestinations.length > 0
      ? [
          {
            name: 'foreshock.logs.dropped',
            description: 'Log records that were not delivered',
            unit: '{record}',
            read: () => pipeline.droppedLogs,
          },
        ]
      : []),
    {
      name: 'foreshock.propagation.rejected',
      description: 'Headers of callers that were malformed, over-long or repeated, and ignored',
      unit: '{header}',
      read: () => Object.entries(rejectedInputs()),
    },
  ];
  const flush = startExport(config, resource, counts, admin);
  // Once: a flush causes another 'beforeExit'.
  if (config.flushMs > 0 && config.metrics.exporters.length > 0) process.once('beforeExit', () => void flush());
}
