import { guard } from '@foreshock/kit';
import type { Carrier } from '../../events.ts';
import { executeChanged, type Database } from './database.ts';
import { KEY } from './job.ts';

/**
 * Before 12.38 the job table has no column for a trace, and a key in `data` is the application's to refuse. `output`
 * is there from version 10 on, is empty until an attempt ends, and is not what handlers get.
 */

/** `insertJob` and `insertJobs` of plans.js, in every version: the columns, and what is selected into them. */
const INSERT = /(INSERT INTO [^\s(]+ \()(\s*id,\s*name,\s*data,[\s\w,]*\)\s*SELECT\s)/;

/** A database whose jobs get a trace as they are inserted. */
export function insertingWith(db: Database, isOwn: boolean, carrierOf: () => Carrier | undefined): Database {
  return {
    executeSql(text, values) {
      const changed = guard('pg-boss send', (): [string, unknown[]] | undefined => {
        const carrier = values && carrierOf();
        if (!carrier || !INSERT.test(text)) return undefined;
        // As text: some drivers write the JSON of what is declared to be JSON.
        const given = `$1output,$2$$${values.length + 1}::text::jsonb,`;
        return [text.replace(INSERT, given), [...values, JSON.stringify({ [KEY]: carrier })]];
      });
      return executeChanged(db, isOwn, [text, values], changed, 'writing the trace of a job');
    },
  };
}

/** What an attempt gave, as `failJobsById` of plans.js writes it. */
const OUTPUT = '$3::jsonb';

/** The trace of a job that is tried again, or goes to a dead letter queue, stays beside the error. */
const OUTPUT_AND_TRACE =
  `CASE WHEN output->'${KEY}' IS NULL OR (retry_count >= retry_limit AND dead_letter IS NULL) THEN ${OUTPUT}` +
  ` ELSE COALESCE(${OUTPUT}, '{}'::jsonb) || jsonb_build_object('${KEY}', output->'${KEY}') END`;

/** pg-boss' own database, whose failed jobs keep their trace. */
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
