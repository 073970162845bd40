import { propagation } from '@opentelemetry/api';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { httpInstrumentation } from '@foreshock/instrumentation-http';
import { queueInstrumentation, type QueueInstrumentationConfig } from '@foreshock/instrumentation-queue';
import type { Instrumentation } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';

/** The room as an application has it: with a propagator, or no trace goes with a message. */
export function queueWithPropagator(config: QueueInstrumentationConfig): Instrumentation {
  propagation.setGlobalPropagator(new ForeshockPropagator());
  return queueInstrumentation(config);
}

export const redisCommands = cacheInstrumentation;
export const queries = dbInstrumentation;
export const requests = httpInstrumentation;
