import { httpInstrumentation } from '@foreshock/instrumentation-http';
import {
  resilienceInstrumentation,
  RetryRecognition,
  type ResilienceConfig,
} from '@foreshock/instrumentation-resilience';
import type { Instrumentation } from '@foreshock/kit';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { ContextAttributesProcessor } from '../../foreshock/src/context-attributes-processor.ts';

/** Policies and the HTTP requests that they decide about: both instrumentations as one. */
export function policiesWithCalls(config: ResilienceConfig = {}): Instrumentation {
  const calls = httpInstrumentation({ libraries: (library) => ['http', 'undici'].includes(library) });
  const both = [calls, resilienceInstrumentation(config)];
  return {
    instrumentationName: 'policies with calls',
    instrumentationVersion: '0.0.0',
    enable: () => both.forEach((each) => each.enable()),
    disable: () => both.forEach((each) => each.disable()),
    setTracerProvider: (provider) => both.forEach((each) => each.setTracerProvider(provider)),
    setMeterProvider: (provider) => both.forEach((each) => each.setMeterProvider(provider)),
    libraries: both.flatMap((each) => each.libraries),
    setConfig: () => {},
    getConfig: () => config,
  };
}

export function spanProcessors(): SpanProcessor[] {
  return [new ContextAttributesProcessor(), new RetryRecognition()];
}
