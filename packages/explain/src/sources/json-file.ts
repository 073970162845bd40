import type { SpanTable } from '../spans/span-table.ts';
import { readJsonValue } from './json-value.ts';
import { JsonValues } from './json-values.ts';
import { linesOf } from './lines.ts';
import { OtlpScan } from './otlp-scan.ts';

/** Values of a known format, and others or incomplete ones. */
export interface JsonCounts {
  known: number;
  bad: number;
}

/** Scans OTLP lines and parses the rest. */
export async function readJson(chunks: AsyncIterable<Buffer>, table: SpanTable): Promise<JsonCounts> {
  const scan = new OtlpScan(table);
  const values = new JsonValues();
  let [known, bad] = [0, 0];
  const take = (value: unknown): void => {
    if (readJsonValue(value, table) === undefined) bad++;
    else known++;
  };
  for await (const line of linesOf(chunks)) {
    if (values.isBetween && scan.read(line)) {
      known++;
      values.isFirst = false;
    } else for (const value of values.push(line.toString('utf8'))) take(value);
  }
  for (const value of values.end()) take(value);
  return { known, bad: bad + values.bad };
}
