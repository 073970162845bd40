import type { Dialect } from './sql-dialect.ts';
import { SqlScan } from './sql-scan.ts';

/** Texts remembered, per generation and dialect: services send the same few hundred statements over and over. */
const REMEMBERED = 256;
/** So many characters of them, and no text that is longer than the second. */
const REMEMBERED_CHARACTERS = 1_048_576;
const LONGEST_REMEMBERED = 65_536;

/** A query as it may be shown: literals replaced, comments removed, and what it is about in a few words. */
export interface SanitizedQuery {
  text: string;
  /** `SELECT orders`; the span name. */
  summary: string | undefined;
  /** As it is written: `SELECT`, `CREATE TABLE`. */
  operation: string | undefined;
  /** The one table of the query, as it is written; undefined when there are none or several. */
  collection: string | undefined;
}

/** What has been sanitised of one dialect's texts: the same text may be another's literal. */
class Sanitizer {
  readonly #dialect: Dialect;
  #fresh = new Map<string, SanitizedQuery>();
  #stale = new Map<string, SanitizedQuery>();
  #characters = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  sanitize(sql: string): SanitizedQuery {
    // To look it up, each of its characters is read: for longer ones that is more than is scanned.
    if (sql.length > LONGEST_REMEMBERED) return scan(sql, this.#dialect);
    const remembered = this.#fresh.get(sql);
    if (remembered) return remembered;
    const query = this.#stale.get(sql) ?? scan(sql, this.#dialect);
    if (this.#fresh.size >= REMEMBERED || this.#characters >= REMEMBERED_CHARACTERS) {
      this.#stale = this.#fresh;
      this.#fresh = new Map();
      this.#characters = 0;
    }
    this.#fresh.set(sql, query);
    this.#characters += sql.length;
    return query;
  }
}

function scan(sql: string, dialect: Dialect): SanitizedQuery {
  const { text, summary } = SqlScan.of(sql, dialect);
  return { text: text.value, summary: summary.text, operation: summary.operation, collection: summary.collection };
}

const sanitizers = new Map<Dialect, Sanitizer>();

/** Sanitises a SQL text of a dialect, in one pass: time grows with its length, up to 16 kB of it. */
export function sanitizeSql(sql: string, dialect: Dialect): SanitizedQuery {
  let sanitizer = sanitizers.get(dialect);
  if (!sanitizer) sanitizers.set(dialect, (sanitizer = new Sanitizer(dialect)));
  return sanitizer.sanitize(sql);
}
