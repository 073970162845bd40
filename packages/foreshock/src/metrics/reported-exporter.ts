import { log } from '@foreshock/kit';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';

type Done = Parameters<PushMetricExporter['export']>[1];

const SUCCESS = 0 satisfies Parameters<Done>[0]['code'];

/** Says an outage's start and end; the SDK prints each failure with its stack. */
export function reported(exporter: PushMetricExporter, url: string): PushMetricExporter {
  const { origin, pathname } = new URL(url);
  const where = origin + pathname;
  const send = exporter.export.bind(exporter);
  let isFailing = false;
  exporter.export = (metrics: ResourceMetrics, done: Done): void =>
    send(metrics, ({ code, error }) => {
      if (code !== SUCCESS && !isFailing) log('warn', `foreshock: ${where} takes no metrics (${causeOf(error)})`);
      if (code === SUCCESS && isFailing) log('info', `foreshock: ${where} takes metrics again`);
      isFailing = code !== SUCCESS;
      done({ code: SUCCESS });
    });
  return exporter;
}

/** Status or code; a response's text may say too much. */
function causeOf(error: Error | undefined): string {
  const { code } = (error ?? {}) as { code?: string | number };
  return code === undefined ? (error?.name ?? 'no reason given') : String(code);
}
