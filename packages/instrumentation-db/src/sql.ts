import type { Dialect } from './sql-dialect.ts';
import { SqlScan } from './sql-scan.ts';

/** Per generation and dialect: few hundred repeat. */
const REMEMBERED = 256;
const REMEMBERED_CHARACTERS = 1_048_576;
const LONGEST_REMEMBERED = 65_536;

export interface SanitizedQuery {
  text: string;
  /** The span's: `SELECT orders`. */
  name: string | undefined;
  /** With all operations and targets. */
  summary: string | undefined;
  /** As written: `SELECT`, `CREATE TABLE`. */
  operation: string | undefined;
  /** As written; undefined if none or several. */
  collection: string | undefined;
}

/** Dialects read one text differently. */
class Sanitizer {
  readonly #dialect: Dialect;
  #fresh = new Map<string, SanitizedQuery>();
  #stale = new Map<string, SanitizedQuery>();
  #characters = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  sanitize(sql: string): SanitizedQuery {
    // A lookup hashes the whole text: dearer than the limited scan.
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
  const { spanName, operation, collection } = summary;
  return { text: text.value, name: spanName, summary: summary.text, operation, collection };
}

const sanitizers = new Map<Dialect, Sanitizer>();

/** One pass, 16 kB at most. */
export function sanitizeSql(sql: string, dialect: Dialect): SanitizedQuery {
  let sanitizer = sanitizers.get(dialect);
  if (!sanitizer) sanitizers.set(dialect, (sanitizer = new Sanitizer(dialect)));
  return sanitizer.sanitize(sql);
}
