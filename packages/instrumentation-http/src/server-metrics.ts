import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import type { Telemetry } from '@foreshock/kit';

/** From the semantic conventions, seconds. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The histogram exists only while metrics are collected. */
export class ServerMetrics {
  #requests: Histogram | undefined;

  constructor(telemetry: Telemetry) {
    telemetry.useMeter((meter: Meter) => {
      this.#requests = meter.createHistogram('http.server.request.duration', {
        description: 'Duration of HTTP server requests.',
        unit: 's',
        advice: { explicitBucketBoundaries: durationBuckets },
      });
      return () => {
        this.#requests = undefined;
      };
    });
  }

  get wanted(): boolean {
    return this.#requests !== undefined;
  }

  /**
   * @param started of `performance.now()`
   * @param at of `performance.now()`
   */
  ended(started: number, attributes: Attributes, at = performance.now()): void {
    this.#requests?.record((at - started) / 1_000, attributes);
  }
}
