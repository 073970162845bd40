import { MetricReader } from '@opentelemetry/sdk-metrics';
import { collectAs } from '@foreshock/kit';
import { familyTexts, type FamilyText, type TextFormat } from './prometheus-text.ts';

/** For the application's observable callbacks that never end. */
const CALLBACK_MS = 2_000;

/** Collects on demand. */
export class ScrapeReader extends MetricReader {
  readonly #worker: number | undefined;

  /** @param worker this worker thread's number */
  constructor(worker?: number) {
    super();
    this.#worker = worker;
  }

  /** @param scraper of {@link collectAs} */
  async families(scraper: number, format: TextFormat): Promise<FamilyText[]> {
    const { resourceMetrics } = await collectAs(scraper, () => this.collect({ timeoutMillis: CALLBACK_MS }));
    return familyTexts(resourceMetrics, format, this.#worker);
  }

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}
