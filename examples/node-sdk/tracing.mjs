// Your own SDK, as you have it; Foreshock is three lines in it.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { foreshock } from 'foreshock/sdk';

const sdk = new NodeSDK({
  // HTTP spans stay upstream's: Foreshock sees that, makes none, and only adds what they lack.
  instrumentations: [new HttpInstrumentation(), ...foreshock.instrumentations],
  textMapPropagator: foreshock.textMapPropagator,
  spanProcessors: [
    ...foreshock.spanProcessors,
    new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: 1000 }),
  ],
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

process.once('SIGTERM', () => sdk.shutdown().finally(() => process.exit(0)));
