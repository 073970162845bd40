import type { Attributes, Context, Histogram, Meter, ObservableResult } from '@opentelemetry/api';
import { Peak, type Telemetry } from '@foreshock/kit';
import { ACTIVE_REQUESTS_PEAK } from '@foreshock/kit/names';

/** From the semantic conventions, seconds. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Of one method and scheme. */
export class ActiveRequests {
  readonly attributes: Attributes;
  readonly peak = new Peak();
  count = 0;

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  started(): void {
    this.peak.raise(++this.count);
  }
}

/** While metrics are collected. */
export class ServerMetrics {
  #requests: Histogram | undefined;
  readonly #active = new Map<string, ActiveRequests>();

  constructor(telemetry: Telemetry) {
    telemetry.useMeter((meter: Meter) => {
      this.#requests = meter.createHistogram('http.server.request.duration', {
        description: 'Duration of HTTP server requests.',
        unit: 's',
        advice: { explicitBucketBoundaries: durationBuckets },
      });
      const stop = this.#observeActive(meter);
      return () => {
        this.#requests = undefined;
        stop();
      };
    });
  }

  #observeActive(meter: Meter): () => void {
    const now = meter.createObservableUpDownCounter('http.server.active_requests', {
      description: 'Number of active HTTP server requests.',
      unit: '{request}',
    });
    const peak = meter.createObservableGauge(ACTIVE_REQUESTS_PEAK, {
      description: 'Highest number of active HTTP server requests since the last collection.',
      unit: '{request}',
    });
    const onNow = (result: ObservableResult): void => {
      for (const { attributes, count } of this.#active.values()) result.observe(count, attributes);
    };
    const onPeak = (result: ObservableResult): void => {
      for (const active of this.#active.values()) result.observe(active.peak.take(active.count), active.attributes);
    };
    now.addCallback(onNow);
    peak.addCallback(onPeak);
    return () => {
      now.removeCallback(onNow);
      peak.removeCallback(onPeak);
    };
  }

  get wanted(): boolean {
    return this.#requests !== undefined;
  }

  /** @param method a known one */
  activeOf(method: string, scheme: string): ActiveRequests {
    const key = `${scheme} ${method}`;
    let active = this.#active.get(key);
    if (!active) {
      active = new ActiveRequests({ 'http.request.method': method, 'url.scheme': scheme });
      this.#active.set(key, active);
    }
    return active;
  }

  /**
   * @param started of `performance.now()`, as `at`
   * @param where has the request's span
   */
  ended(started: number, attributes: Attributes, where: Context, at = performance.now()): void {
    this.#requests?.record((at - started) / 1_000, attributes, where);
  }
}
