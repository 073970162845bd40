import { isJaeger, readJaegerRecords } from './jaeger-json.ts';
import { readOtlpRecords } from './otlp-json.ts';
import type { RecordTarget } from './record.ts';
import { isZipkin, readZipkinRecords } from './zipkin-json.ts';

/** Undefined if the format is unknown. */
export function readJsonRecords(value: unknown, target: RecordTarget): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isZipkin(value)) return readZipkinRecords(value, target);
  if (isJaeger(value)) return readJaegerRecords(value, target);
  // Jaeger's version 3 wraps its stream.
  const { resourceSpans, resourceLogs, result } = value as Record<string, unknown>;
  if (resourceSpans ?? resourceLogs) return readOtlpRecords(value, target);
  if (result !== undefined) return readJsonRecords(result, target);
  // Zipkin nests lists.
  if (!Array.isArray(value)) return undefined;
  const counts = value.map((each) => readJsonRecords(each, target));
  if (value.length > 0 && counts.every((count) => count === undefined)) return undefined;
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
