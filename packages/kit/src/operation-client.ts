import { context, type Context, type Histogram, type Meter, type Tracer } from '@opentelemetry/api';
import { privateMessageOf, wholeMessageOf } from './error-type.ts';
import { isSuppressed } from './suppression.ts';
import type { Telemetry } from './instrumentation.ts';

/** Seconds, as semantic conventions 1.3x advise. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

export class OperationClient {
  readonly #telemetry: Telemetry;
  readonly messageOf: (error: unknown, shown?: string) => string;
  /** `db.client.operation.duration`, while metrics are collected. */
  duration: Histogram | undefined;

  /** @param wholeMessages with values */
  constructor(telemetry: Telemetry, wholeMessages = false) {
    this.#telemetry = telemetry;
    this.messageOf = wholeMessages ? wholeMessageOf : privateMessageOf;
    telemetry.useMeter((meter: Meter) => {
      this.duration = meter.createHistogram('db.client.operation.duration', {
        description: 'Duration of database client operations',
        unit: 's',
        advice: { explicitBucketBoundaries: SECONDS },
      });
      return () => (this.duration = undefined);
    });
  }

  get tracer(): Tracer {
    return this.#telemetry.tracer;
  }

  wants(where: Context = context.active()): boolean {
    return !this.#telemetry.upstreamIsActive && !isSuppressed(where);
  }
}
