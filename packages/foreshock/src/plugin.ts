import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { httpInstrumentation } from '@foreshock/instrumentation-http';
import { pinoInstrumentation } from '@foreshock/instrumentation-pino';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { queueInstrumentation } from '@foreshock/instrumentation-queue';
import { resilienceInstrumentation, RetryRecognition } from '@foreshock/instrumentation-resilience';
import { scheduleInstrumentation } from '@foreshock/instrumentation-schedule';
import type { Instrumentation } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';
import { FactsProcessor } from './facts-processor.ts';
import { selectLibraries } from './library-selection.ts';
import type { PluginConfig } from './plugin-config.ts';

/** What the preload and a `NodeSDK` of somebody's own have in common. */
export interface Plugin {
  instrumentations: Instrumentation[];
  textMapPropagator: ForeshockPropagator;
  spanProcessors: (FactsProcessor | RetryRecognition)[];
}

/**
 * Makes the propagator, the span processors and every boundary, attached to the libraries that are asked for.
 *
 * @param warn gets a line for each instrumentation name that is not known
 */
export function makePlugin(config: PluginConfig, warn: (line: string) => void): Plugin {
  const textMapPropagator = makePropagator(config);
  // Attached below: which libraries there are is what the boundaries say.
  const enabled = false;
  const instrumentations = [
    httpInstrumentation({
      enabled,
      propagateTo: (host) => textMapPropagator.mayPropagateTo(host),
      trustIncoming: config.trustIncoming,
      tellTrace: textMapPropagator.fields().includes('x-trace-id'),
    }),
    dbInstrumentation({ enabled, errorMessages: config.dbErrorMessages }),
    poolInstrumentation({ enabled, leakMs: config.poolLeakMs }),
    cacheInstrumentation({ enabled, errorMessages: config.dbErrorMessages }),
    queueInstrumentation({
      enabled,
      // Asked, it refuses a call that serves several destinations.
      ...(config.propagateNotTo && { propagateTo: (destination) => !config.propagateNotTo!.includes(destination) }),
      ownCommands: (library) => config.ownCommands?.includes(library) === true,
    }),
    resilienceInstrumentation({ enabled, propagateAttempts: config.propagateAttempts }),
    pinoInstrumentation({ enabled }),
    scheduleInstrumentation({ enabled }),
  ];
  const known = new Set(instrumentations.flatMap((instrumentation) => instrumentation.libraries));
  const libraries = selectLibraries(config, known, warn);
  for (const instrumentation of instrumentations) {
    instrumentation.setConfig({ ...instrumentation.getConfig(), libraries });
    instrumentation.enable();
  }
  return {
    instrumentations,
    textMapPropagator,
    spanProcessors: [new FactsProcessor(), new RetryRecognition({ stormRatio: config.retryStorm })],
  };
}

/** The propagator alone. */
export function makePropagator({ propagators, trustIncoming, propagateTo }: PluginConfig): ForeshockPropagator {
  return new ForeshockPropagator({ ...(propagators && { propagators }), trustIncoming, propagateTo });
}
