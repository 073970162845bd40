import type { Histogram, Meter } from '@opentelemetry/api';
import type { Telemetry } from '@foreshock/kit';

/** Seconds, of the semantic conventions. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Undefined unless metrics are collected. */
export class RpcMetrics {
  client: Histogram | undefined;
  server: Histogram | undefined;

  constructor(telemetry: Telemetry) {
    telemetry.useMeter((meter: Meter) => {
      const histogram = (side: string, description: string): Histogram =>
        meter.createHistogram(`rpc.${side}.call.duration`, {
          description,
          unit: 's',
          advice: { explicitBucketBoundaries: SECONDS },
        });
      this.client = histogram('client', 'Duration of an outgoing remote procedure call, with its attempts.');
      this.server = histogram('server', 'Duration of an incoming remote procedure call.');
      return () => {
        this.client = this.server = undefined;
      };
    });
  }
}
