import type { TextMapPropagator } from '@opentelemetry/api';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { httpInstrumentation } from '@foreshock/instrumentation-http';
import { pinoInstrumentation } from '@foreshock/instrumentation-pino';
import { queueInstrumentation } from '@foreshock/instrumentation-queue';
import { resilienceInstrumentation, RetryRecognition } from '@foreshock/instrumentation-resilience';
import type { Instrumentation } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';
import { FactsProcessor } from './facts-processor.ts';

/** What {@link foreshock} adds to a `NodeSDK`. */
export interface Foreshock {
  /** Every boundary, as a plain `Instrumentation`; each stands aside where upstream's is registered too. */
  instrumentations: Instrumentation[];
  /** W3C trace context (level 2), baggage and `x-trace-id`. */
  textMapPropagator: TextMapPropagator;
  /**
   * Put attempt, breaker state and `x-trace-id` on every span of the process, and recognise retries written by hand;
   * add your exporting processor after them.
   */
  spanProcessors: (FactsProcessor | RetryRecognition)[];
}

/**
 * Foreshock as parts for your own `new NodeSDK({ ...foreshock, … })`, SDK 2.x or 3.x. Export, sampling and
 * resource stay yours. Attached when this module is first imported, before the libraries you want to see.
 */
export const foreshock: Foreshock = {
  instrumentations: [
    httpInstrumentation(),
    dbInstrumentation(),
    cacheInstrumentation(),
    queueInstrumentation(),
    resilienceInstrumentation(),
    pinoInstrumentation(),
  ],
  textMapPropagator: new ForeshockPropagator(),
  spanProcessors: [new FactsProcessor(), new RetryRecognition()],
};
