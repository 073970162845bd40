import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Context } from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import { BoundaryLog, logsInstrumentation, type LogsConfig } from '@foreshock/instrumentation-logs';
import { scheduleInstrumentation } from '@foreshock/instrumentation-schedule';
import * as kit from '@foreshock/kit';
import type { ForeshockPropagator } from '@foreshock/propagator';
import { boundaryConfigs } from './boundary-configs.ts';
import { ContextAttributesProcessor } from './context-attributes-processor.ts';
import * as keptGlobals from './kept-globals.ts';
import { selectLibraries } from './library-selection.ts';
import { makePropagator, type PluginConfig } from './plugin-config.ts';
import type { RecordedSpan } from './tracer/span.ts';
import type { SpanListener } from './tracer/tracer.ts';
import { loadedPackages, waitFor, type WaitedFor } from './wait-for.ts';

/** In own files, with triggers; by build.mjs. */
declare const BOUNDARIES: Record<keyof Boundaries, WaitedFor & { readonly libraries: readonly string[] }>;

interface Boundaries {
  http: typeof import('@foreshock/instrumentation-http');
  rpc: typeof import('@foreshock/instrumentation-rpc');
  db: typeof import('@foreshock/instrumentation-db');
  pool: typeof import('@foreshock/instrumentation-pool');
  cache: typeof import('@foreshock/instrumentation-cache');
  queue: typeof import('@foreshock/instrumentation-queue');
  resilience: typeof import('@foreshock/instrumentation-resilience');
}

export interface LaterPlugin {
  textMapPropagator: ForeshockPropagator;
  spanProcessors: SpanListener[];
}

/**
 * A boundary loads with its first library.
 *
 * @param warn per unknown instrumentation name
 * @param sendLine gets each line of the application's loggers
 */
export function makeLaterPlugin(
  config: PluginConfig,
  warn: (line: string) => void,
  sendLine?: LogsConfig['sendLine'],
): LaterPlugin {
  const textMapPropagator = makePropagator(config);
  const configs = boundaryConfigs(config, textMapPropagator);
  const small = [
    logsInstrumentation({ enabled: false, ...configs.logs, sendLine }),
    scheduleInstrumentation({ enabled: false }),
  ];
  const known = [...small, ...Object.values(BOUNDARIES)].flatMap((boundary) => boundary.libraries);
  const libraries = selectLibraries(config, new Set(known), warn);
  for (const instrumentation of small) {
    instrumentation.setConfig({ ...instrumentation.getConfig(), libraries });
    instrumentation.enable();
  }

  const contextAttributes = new ContextAttributesProcessor();
  const retries = new LaterListener();
  const holders = new LaterListener();
  const loaded = loadedPackages();
  const later = <Name extends keyof Boundaries>(
    name: Name,
    attach: (boundary: Boundaries[Name]) => void,
    waited: WaitedFor = BOUNDARIES[name],
  ): void => {
    waitFor(waited, loaded, () => kit.guard(`loading ${name}`, () => attach(read(name))));
  };
  const wanted = (name: keyof Boundaries): boolean => BOUNDARIES[name].libraries.some(libraries);

  if (wanted('http')) {
    later('http', ({ httpInstrumentation, innerSpanStarted, innerSpanEnded }) => {
      contextAttributes.innerSpans = { started: innerSpanStarted, ended: innerSpanEnded };
      httpInstrumentation({ ...configs.http, libraries });
    });
  }
  if (wanted('rpc')) later('rpc', ({ rpcInstrumentation }) => rpcInstrumentation({ ...configs.rpc, libraries }));
  if (wanted('db')) later('db', ({ dbInstrumentation }) => dbInstrumentation({ ...configs.db, libraries }));
  if (wanted('pool')) {
    later('pool', ({ poolInstrumentation, HeldAcrossIo }) => {
      holders.listener = new HeldAcrossIo();
      poolInstrumentation({ ...configs.pool, libraries });
    });
  }
  if (wanted('cache')) {
    later('cache', ({ cacheInstrumentation }) => cacheInstrumentation({ ...configs.cache, libraries }));
  }
  if (wanted('queue')) {
    later('queue', ({ queueInstrumentation }) => queueInstrumentation({ ...configs.queue, libraries }));
  }
  // Also detects retries in HTTP client spans.
  const { packages, builtins, channels } = BOUNDARIES.resilience;
  const requests = {
    packages,
    builtins: [...builtins, ...BOUNDARIES.http.builtins],
    channels: [...channels, ...BOUNDARIES.http.channels],
  };
  later(
    'resilience',
    ({ resilienceInstrumentation, RetryRecognition: Recognition }) => {
      retries.listener = new Recognition({ stormRatio: config.retryStorm });
      resilienceInstrumentation({ ...configs.resilience, libraries });
    },
    requests,
  );
  const lines = config.boundaryLogs ? [new BoundaryLog(config.boundaryLogs)] : [];
  return { textMapPropagator, spanProcessors: [contextAttributes, retries, holders, ...lines] };
}

/** Shared modules: copies would have their own state. */
function read<Name extends keyof Boundaries>(name: Name): Boundaries[Name] {
  const file = join(import.meta.dirname, `${name}.preload.cjs`);
  const make = createRequire(file)(file) as (shared: object) => Boundaries[Name];
  return make({ api, kit, keptGlobals });
}

/** A boundary's, once it has loaded. */
class LaterListener implements SpanListener {
  listener: { onStart(span: RecordedSpan, parent: Context): void; onEnd(span: RecordedSpan): void } | undefined;

  onStart(span: RecordedSpan, parent: Context): void {
    this.listener?.onStart(span, parent);
  }

  onEnd(span: RecordedSpan): void {
    this.listener?.onEnd(span);
  }
}
