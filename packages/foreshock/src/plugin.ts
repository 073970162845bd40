import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { httpInstrumentation, innerSpanEnded, innerSpanStarted } from '@foreshock/instrumentation-http';
import { BoundaryLog, logsInstrumentation, type LogsConfig } from '@foreshock/instrumentation-logs';
import { HeldAcrossIo, poolInstrumentation } from '@foreshock/instrumentation-pool';
import { queueInstrumentation } from '@foreshock/instrumentation-queue';
import { resilienceInstrumentation, RetryRecognition } from '@foreshock/instrumentation-resilience';
import { rpcInstrumentation } from '@foreshock/instrumentation-rpc';
import { scheduleInstrumentation } from '@foreshock/instrumentation-schedule';
import type { Instrumentation } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';
import { boundaryConfigs } from './boundary-configs.ts';
import { ContextAttributesProcessor } from './context-attributes-processor.ts';
import { selectLibraries } from './library-selection.ts';
import { makePropagator, type PluginConfig } from './plugin-config.ts';

/** For a user's `NodeSDK`. */
export interface Plugin {
  instrumentations: Instrumentation[];
  textMapPropagator: ForeshockPropagator;
  spanProcessors: (ContextAttributesProcessor | RetryRecognition | HeldAcrossIo | BoundaryLog)[];
}

/**
 * Attaches the selected libraries.
 *
 * @param warn per unknown instrumentation name
 * @param sendLine gets each line of the application's loggers
 */
export function makePlugin(
  config: PluginConfig,
  warn: (line: string) => void,
  sendLine?: LogsConfig['sendLine'],
): Plugin {
  const textMapPropagator = makePropagator(config);
  // Attached below: boundaries name their libraries.
  const enabled = false;
  const configs = boundaryConfigs(config, textMapPropagator);
  const instrumentations = [
    httpInstrumentation({ enabled, ...configs.http }),
    rpcInstrumentation({ enabled, ...configs.rpc }),
    dbInstrumentation({ enabled, ...configs.db }),
    poolInstrumentation({ enabled, ...configs.pool }),
    cacheInstrumentation({ enabled, ...configs.cache }),
    queueInstrumentation({ enabled, ...configs.queue }),
    resilienceInstrumentation({ enabled, ...configs.resilience }),
    logsInstrumentation({ enabled, ...configs.logs, sendLine }),
    scheduleInstrumentation({ enabled }),
  ];
  const known = new Set(instrumentations.flatMap((instrumentation) => instrumentation.libraries));
  const libraries = selectLibraries(config, known, warn);
  for (const instrumentation of instrumentations) {
    instrumentation.setConfig({ ...instrumentation.getConfig(), libraries });
    instrumentation.enable();
  }
  const contextAttributes = new ContextAttributesProcessor();
  contextAttributes.innerSpans = { started: innerSpanStarted, ended: innerSpanEnded };
  return {
    instrumentations,
    textMapPropagator,
    spanProcessors: [
      contextAttributes,
      new RetryRecognition({ stormRatio: config.retryStorm }),
      new HeldAcrossIo(),
      ...(config.boundaryLogs ? [new BoundaryLog(config.boundaryLogs)] : []),
    ],
  };
}
