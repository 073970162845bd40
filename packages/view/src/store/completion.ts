import type { DatabaseSync } from 'node:sqlite';

const NEWEST_TRACES = 500;
const MOST_SPANS = 5_000;
const MOST_KEYS = 500;
const MOST_VALUES = 50;
const LONGEST_VALUE = 120;

const NEWEST = `(SELECT attributes, resource FROM spans
  WHERE trace IN (SELECT id FROM traces ORDER BY start_ms DESC LIMIT ${NEWEST_TRACES}) LIMIT ${MOST_SPANS})`;

/** From newest spans and resources, most frequent first. */
export function attributeKeys(database: DatabaseSync, prefix: string): string[] {
  const rows = database
    .prepare(
      `SELECT key, count(*) AS n FROM (
         SELECT j.key FROM ${NEWEST} s, json_each(s.attributes) j
         UNION ALL SELECT j.key FROM resources r, json_each(r.attributes) j
       ) WHERE substr(key, 1, length(?1)) = ?1 GROUP BY key ORDER BY n DESC, key LIMIT ${MOST_KEYS}`,
    )
    .all(prefix);
  return rows.map(({ key }) => key as string);
}

/** From newest spans and resources, most frequent first. */
export function attributeValues(database: DatabaseSync, key: string): string[] {
  const text = `CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.value AS TEXT) END`;
  const rows = database
    .prepare(
      `SELECT value, count(*) AS n FROM (
         SELECT ${text} AS value FROM ${NEWEST} s, json_each(s.attributes) j WHERE j.key = ?1
         UNION ALL SELECT ${text} FROM resources r, json_each(r.attributes) j WHERE j.key = ?1
       ) WHERE length(value) <= ${LONGEST_VALUE} GROUP BY value ORDER BY n DESC, value LIMIT ${MOST_VALUES}`,
    )
    .all(key);
  return rows.map(({ value }) => value as string);
}
