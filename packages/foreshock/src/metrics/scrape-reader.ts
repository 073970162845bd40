import { MetricReader } from '@opentelemetry/sdk-metrics';
import { collectAs } from '@foreshock/kit';
import { prometheusText, type TextFormat } from './prometheus-text.ts';

/** For the application's observable callbacks that never end. */
const CALLBACK_MS = 2_000;

/** Collects on demand. */
export class ScrapeReader extends MetricReader {
  /** @param scraper of {@link collectAs} */
  async scrape(scraper: number, format: TextFormat): Promise<string> {
    const { resourceMetrics } = await collectAs(scraper, () => this.collect({ timeoutMillis: CALLBACK_MS }));
    return prometheusText(resourceMetrics, format);
  }

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}
