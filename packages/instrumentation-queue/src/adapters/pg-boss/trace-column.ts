import { guard } from '@foreshock/kit';
import type { Carrier } from '../../events.ts';
import { executeChanged, type Database } from './database.ts';
import { KEY } from './job.ts';

/**
 * Before 12.38 there is no trace column, and applications may validate `data`. `output` is empty until an attempt ends,
 * and hidden from handlers.
 */

/** plans.js, `insertJob` and `insertJobs`, all versions. */
const INSERT = /(INSERT INTO [^\s(]+ \()(\s*id,\s*name,\s*data,[\s\w,]*\)\s*SELECT\s)/;

export function insertingWith(db: Database, isOwn: boolean, carrierOf: () => Carrier | undefined): Database {
  return {
    executeSql(text, values) {
      const changed = guard('pg-boss send', (): [string, unknown[]] | undefined => {
        const carrier = values && carrierOf();
        if (!carrier || !INSERT.test(text)) return undefined;
        // Some drivers serialize json themselves.
        const given = `$1output,$2$$${values.length + 1}::text::jsonb,`;
        return [text.replace(INSERT, given), [...values, JSON.stringify({ [KEY]: carrier })]];
      });
      return executeChanged(db, isOwn, [text, values], changed, 'writing the trace of a job');
    },
  };
}

/** plans.js, `failJobsById`. */
const OUTPUT = '$3::jsonb';

/** Retries and dead letters. */
const OUTPUT_AND_TRACE =
  `CASE WHEN output->'${KEY}' IS NULL OR (retry_count >= retry_limit AND dead_letter IS NULL) THEN ${OUTPUT}` +
  ` ELSE COALESCE(${OUTPUT}, '{}'::jsonb) || jsonb_build_object('${KEY}', output->'${KEY}') END`;

export function failingWith(db: Database): Database {
  return {
    executeSql(text, values) {
      const isFailing = text.includes(OUTPUT) && text.includes('retry_count < retry_limit');
      const changed: [string, unknown[] | undefined] | undefined = isFailing
        ? [text.replaceAll(OUTPUT, () => OUTPUT_AND_TRACE), values]
        : undefined;
      return executeChanged(db, true, [text, values], changed, 'keeping the trace of a job');
    },
  };
}
