import type { SpanTable } from '../spans/span-table.ts';
import { isJaeger, readJaeger } from './jaeger-json.ts';
import { isOtlp, readOtlp } from './otlp-json.ts';
import { isZipkin, readZipkin } from './zipkin-json.ts';

/** Undefined if the format is unknown. */
export function readJsonValue(value: unknown, table: SpanTable): number | undefined {
  if (isOtlp(value)) return readOtlp(value, table);
  if (isZipkin(value)) return readZipkin(value, table);
  if (isJaeger(value)) return readJaeger(value, table);
  if (typeof value !== 'object' || value === null) return undefined;
  // Jaeger's version 3 wraps its stream; Zipkin nests lists.
  const { result, resourceLogs } = value as { result?: unknown; resourceLogs?: unknown };
  // `foreshock view` saves logs beside spans.
  if (Array.isArray(resourceLogs)) return 0;
  if (isOtlp(result)) return readOtlp(result, table);
  if (Array.isArray(value)) {
    const counts = value.map((each) => readJsonValue(each, table));
    return counts.every((count) => count === undefined) && value.length > 0
      ? undefined
      : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }
  return undefined;
}
