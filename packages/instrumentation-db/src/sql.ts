/** Longest query text that goes on a span, in characters. */
const MAX_TEXT = 4096;
/** Longest `db.query.summary`; the convention's own limit. */
const MAX_SUMMARY = 255;
/** Texts remembered, per generation: services send the same few hundred statements over and over. */
const REMEMBERED = 256;

/** A query as it may be shown: literals replaced, comments removed, and what it is about in a few words. */
export interface SanitizedQuery {
  text: string;
  /** `SELECT orders`; the span name. */
  summary: string | undefined;
  operation: string | undefined;
  /** The one table of the query; undefined when there are none or several. */
  collection: string | undefined;
}

let fresh = new Map<string, SanitizedQuery>();
let stale = new Map<string, SanitizedQuery>();

/**
 * Sanitises a SQL text in one pass, without a regular expression over it: time grows with the length
 * of the text, capped at 4 kB, whatever it holds. Dialects: PostgreSQL, and with `backslashEscapes`
 * MySQL and MariaDB, whose `"…"` is a string too.
 */
export function sanitizeSql(sql: string, backslashEscapes = false): SanitizedQuery {
  const remembered = fresh.get(sql);
  if (remembered) return remembered;
  const query = stale.get(sql) ?? scan(sql.length > MAX_TEXT ? sql.slice(0, MAX_TEXT) : sql, backslashEscapes);
  if (sql.length <= MAX_TEXT) {
    if (fresh.size >= REMEMBERED) {
      stale = fresh;
      fresh = new Map();
    }
    fresh.set(sql, query);
  }
  return query;
}

const QUOTE = 39;
const DOUBLE_QUOTE = 34;
const BACKTICK = 96;
const DOLLAR = 36;
const BACKSLASH = 92;
const HYPHEN = 45;
const SLASH = 47;
const STAR = 42;
const HASH = 35;
const DOT = 46;

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Letters, digits, underscore and everything beyond ASCII, as both dialects allow in identifiers. */
function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || isDigit(code) || code === 95 || code > 127;
}

/** Index behind the closing quote of a literal or quoted identifier that opens at `from`. */
function endOfQuoted(sql: string, from: number, quote: number, backslashEscapes: boolean): number {
  for (let i = from + 1; i < sql.length; i++) {
    const code = sql.charCodeAt(i);
    if (code === BACKSLASH && backslashEscapes) i++;
    else if (code === quote) {
      if (sql.charCodeAt(i + 1) !== quote) return i + 1;
      i++;
    }
  }
  return sql.length;
}

/** Index behind a `$tag$ … $tag$` literal that opens at `from`, or -1 when it is none (`$1`, `$`). */
function endOfDollarQuoted(sql: string, from: number): number {
  let i = from + 1;
  if (isDigit(sql.charCodeAt(i))) return -1;
  while (i < sql.length && isWord(sql.charCodeAt(i))) i++;
  if (sql.charCodeAt(i) !== DOLLAR) return -1;
  const tag = sql.slice(from, i + 1);
  const close = sql.indexOf(tag, i + 1);
  return close < 0 ? sql.length : close + tag.length;
}

/** Index behind a block comment that opens at `from`; PostgreSQL's comments nest. */
function endOfComment(sql: string, from: number): number {
  let depth = 0;
  for (let i = from; i < sql.length; i++) {
    const code = sql.charCodeAt(i);
    if (code === SLASH && sql.charCodeAt(i + 1) === STAR) {
      depth++;
      i++;
    } else if (code === STAR && sql.charCodeAt(i + 1) === SLASH) {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  return sql.length;
}

const OPERATIONS = new Set(
  (
    'SELECT INSERT UPDATE DELETE MERGE REPLACE CREATE ALTER DROP TRUNCATE CALL EXECUTE PREPARE DEALLOCATE COPY BEGIN START ' +
    'COMMIT ROLLBACK SAVEPOINT RELEASE SET SHOW EXPLAIN ANALYZE VACUUM LOCK LISTEN NOTIFY UNLISTEN FETCH DECLARE CLOSE ' +
    'GRANT REVOKE DO REFRESH REINDEX USE DESCRIBE LOAD'
  ).split(' '),
);
/** Verbs that may open a further part of a statement: `INSERT INTO a SELECT … FROM b`. */
const INNER_OPERATIONS = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE']);
/** `FOR UPDATE`, `DO UPDATE`, `ON UPDATE`: a clause, no part of its own. */
const CLAUSE_BEFORE_UPDATE = new Set(['FOR', 'DO', 'ON', 'KEY', 'BEFORE', 'AFTER', 'OR']);
/** Statements whose `SELECT`, `INSERT` … are rights or triggers, not parts. */
const RIGHTS = new Set(['GRANT', 'REVOKE']);
/** After these words the name of a table follows. */
const BEFORE_TABLE = new Set([
  'FROM',
  'INTO',
  'UPDATE',
  'JOIN',
  'TABLE',
  'TRUNCATE',
  'CALL',
  'COPY',
  'VIEW',
  'REFRESH',
]);
/** Words that may stand between such a word and the name. */
const SKIPPED_BEFORE_NAME = new Set([
  'ONLY',
  'IF',
  'NOT',
  'EXISTS',
  'LATERAL',
  'IGNORE',
  'LOW_PRIORITY',
  'TABLE',
  'MATERIALIZED',
  'VIEW',
  'CONCURRENTLY',
]);

/** Collects what the query is about while the scan goes by. */
class Summary {
  readonly #parts: string[] = [];
  readonly #tables = new Set<string>();
  #expectsTable = false;
  #length = 0;
  #previous = '';
  operation: string | undefined;

  word(word: string): void {
    const upper = word.length <= 16 ? word.toUpperCase() : word;
    const previous = this.#previous;
    this.#previous = upper;
    if (this.#expectsTable) {
      if (SKIPPED_BEFORE_NAME.has(upper)) return;
      this.#expectsTable = false;
      if (!OPERATIONS.has(upper)) return this.name(word);
    }
    if (this.operation === undefined) {
      if (!OPERATIONS.has(upper)) return;
      this.operation = upper;
      this.#add(upper);
    } else if (upper === 'UPDATE' && CLAUSE_BEFORE_UPDATE.has(previous)) {
      return;
    } else if (INNER_OPERATIONS.has(upper) && !RIGHTS.has(this.operation) && !this.#parts.includes(upper)) {
      this.#add(upper);
    }
    if (BEFORE_TABLE.has(upper)) this.#expectsTable = true;
  }

  /** A name, quoted or not; counts when a table is expected. */
  name(name: string): void {
    this.#expectsTable = false;
    if (this.operation === undefined || this.#tables.has(name)) return;
    this.#tables.add(name);
    this.#add(name);
  }

  get expectsTable(): boolean {
    return this.#expectsTable;
  }

  punctuation(): void {
    this.#expectsTable = false;
  }

  #add(part: string): void {
    if (this.#length + part.length > MAX_SUMMARY - 1) return;
    this.#length += part.length + 1;
    this.#parts.push(part);
  }

  get text(): string | undefined {
    return this.#parts.length > 0 ? this.#parts.join(' ') : undefined;
  }

  get collection(): string | undefined {
    return this.#tables.size === 1 ? this.#tables.values().next().value : undefined;
  }
}

function scan(sql: string, backslashEscapes: boolean): SanitizedQuery {
  const summary = new Summary();
  let text = '';
  /** A run of `?, ?, ?` is written once: the length of an IN list makes no other query. */
  let afterPlaceholder = false;

  const literal = (): void => {
    summary.punctuation();
    if (!afterPlaceholder) text += '?';
    else text = text.slice(0, text.lastIndexOf('?') + 1);
    afterPlaceholder = true;
  };
  const plain = (part: string): void => {
    afterPlaceholder = false;
    text += part;
  };

  for (let i = 0; i < sql.length;) {
    const code = sql.charCodeAt(i);
    const next = sql.charCodeAt(i + 1);
    if (isSpace(code)) {
      while (i < sql.length && isSpace(sql.charCodeAt(i))) i++;
      if (text !== '' && !text.endsWith(' ')) text += ' ';
    } else if ((code === HYPHEN && next === HYPHEN) || (code === HASH && backslashEscapes)) {
      const end = sql.indexOf('\n', i);
      i = end < 0 ? sql.length : end;
    } else if (code === SLASH && next === STAR) {
      i = endOfComment(sql, i);
    } else if (code === QUOTE || (code === DOUBLE_QUOTE && backslashEscapes)) {
      // E'…' and e'…' are PostgreSQL's strings with backslash escapes.
      const before = text.charCodeAt(text.length - 1) | 32;
      const prefixed = code === QUOTE && isWord(sql.charCodeAt(i - 1)) && !isWord(sql.charCodeAt(i - 2));
      const escapes = backslashEscapes || (prefixed && before === 101); /* e */
      if (prefixed) text = text.slice(0, -1);
      i = endOfQuoted(sql, i, code, escapes);
      literal();
    } else if (code === DOUBLE_QUOTE || code === BACKTICK) {
      const end = endOfName(sql, i);
      const name = sql.slice(i, end);
      plain(name);
      if (summary.expectsTable) summary.name(unquoted(name));
      i = end;
    } else if (code === DOLLAR) {
      const end = endOfDollarQuoted(sql, i);
      if (end >= 0) {
        i = end;
        literal();
      } else {
        let last = i + 1;
        while (last < sql.length && isDigit(sql.charCodeAt(last))) last++;
        plain(sql.slice(i, last));
        i = last;
      }
    } else if (isDigit(code) || (code === DOT && isDigit(next))) {
      i = endOfNumber(sql, i);
      literal();
    } else if (isWord(code)) {
      const end = endOfName(sql, i);
      const word = sql.slice(i, end);
      plain(word);
      // `count (` and `now()` are no tables, nor are functions in FROM; a call still names what runs.
      summary.word(unquoted(word));
      i = end;
    } else {
      if (code === 44 /* , */ && afterPlaceholder) {
        text += ',';
      } else {
        if (code === 40 /* ( */) summary.punctuation();
        plain(sql[i]!);
      }
      i++;
    }
  }
  return { text: text.trim(), summary: summary.text, operation: summary.operation, collection: summary.collection };
}

/** Index behind a name with its qualifiers: `shop.orders`, `"Shop"."Orders"`. */
function endOfName(sql: string, from: number): number {
  let i = from;
  for (;;) {
    const code = sql.charCodeAt(i);
    if (code === DOUBLE_QUOTE || code === BACKTICK) i = endOfQuoted(sql, i, code, false);
    else while (i < sql.length && (isWord(sql.charCodeAt(i)) || sql.charCodeAt(i) === DOLLAR)) i++;
    const after = sql.charCodeAt(i + 1);
    if (sql.charCodeAt(i) !== DOT || !(isWord(after) || after === DOUBLE_QUOTE || after === BACKTICK)) return i;
    i++;
  }
}

function endOfNumber(sql: string, from: number): number {
  let i = from + 1;
  while (i < sql.length) {
    const code = sql.charCodeAt(i);
    const exponentSign = (code === HYPHEN || code === 43) && (sql.charCodeAt(i - 1) | 32) === 101;
    if (!isWord(code) && code !== DOT && !exponentSign) break;
    i++;
  }
  return i;
}

function unquoted(name: string): string {
  return name.includes('"') || name.includes('`') ? name.replaceAll('"', '').replaceAll('`', '') : name;
}
