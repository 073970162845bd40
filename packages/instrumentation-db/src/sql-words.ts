/** One table, several, or another kind of name. */
export type Target = 'table' | 'tables' | 'name';

/** A keyword's role in the summary. */
export interface KnownWord {
  /**
   * - `verb`: a target follows.
   * - `definition`: with the object's kind.
   * - `command`: shown alone.
   * - `prefix`: before a verb, `EXPLAIN`.
   * - `connective`: before tables.
   * - `filler`: before a name.
   * - `clause`: ends a table list.
   */
  readonly role: 'verb' | 'definition' | 'command' | 'prefix' | 'connective' | 'filler' | 'clause' | 'other';
  /** Upper case. */
  readonly word: string;
  readonly target?: Target | undefined;
  /** Verbs a connective may follow; undefined: in any list of tables. */
  readonly verbs?: ReadonlySet<string> | undefined;
}

const known = new Map<string, KnownWord>();

function add(role: KnownWord['role'], text: string, target?: Target, verbs?: string): void {
  for (const word of text.split(' ')) {
    const entry: KnownWord = { role, word, target, verbs: verbs ? new Set(verbs.split(' ')) : undefined };
    known.set(word, entry).set(word.toLowerCase(), entry);
  }
}

add('verb', 'SELECT DELETE LOAD');
add('verb', 'INSERT REPLACE MERGE COPY REFRESH OPTIMIZE TABLE VACUUM', 'table');
add('verb', 'UPDATE TRUNCATE LOCK', 'tables');
add('verb', 'CALL EXECUTE EXEC LISTEN NOTIFY UNLISTEN', 'name');
add('definition', 'CREATE ALTER DROP');
add('command', 'BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE GRANT REVOKE SET SHOW RESET USE DO VALUES');
add('command', 'DEALLOCATE FETCH MOVE CLOSE KILL XA CHECK REPAIR REINDEX CLUSTER COMMENT CHECKPOINT DISCARD IMPORT');
add('command', 'PRAGMA FLUSH RENAME HANDLER PURGE HELP REASSIGN SECURITY');
add('prefix', 'EXPLAIN ANALYZE DESCRIBE DESC PREPARE DECLARE');
add('connective', 'FROM', 'tables', 'SELECT DELETE UPDATE');
add('connective', 'USING', 'tables', 'DELETE MERGE');
add('connective', 'INTO', 'table', 'INSERT REPLACE MERGE SELECT LOAD');
add('connective', 'JOIN STRAIGHT_JOIN', 'table');
add('filler', 'ONLY IF NOT EXISTS LATERAL IGNORE LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK TABLES MATERIALIZED VIEW');
add('filler', 'CONCURRENTLY FULL FREEZE VERBOSE LOCAL UNNEST OUTFILE DUMPFILE');
add('clause', 'WHERE GROUP ORDER HAVING LIMIT OFFSET FOR UNION INTERSECT EXCEPT WINDOW RETURNING WHEN IN ON');
add('other', 'AS THEN DISTINCT WITH');

const LONGEST = 'STRAIGHT_JOIN'.length;

export function knownWord(word: string): KnownWord | undefined {
  const { length } = word;
  if (length < 2 || length > LONGEST) return undefined;
  const found = known.get(word);
  // Mixed case (`Select`) is rare.
  if (found !== undefined || ((word.charCodeAt(0) ^ word.charCodeAt(length - 1)) & 32) === 0) return found;
  return known.get(word.toUpperCase());
}

const kinds = (text: string, target?: Target): [string, Target | undefined][] =>
  text.split(' ').map((kind) => [kind, target]);

/** Names of users and of each tenant's objects are not shown. */
export const KINDS: ReadonlyMap<string, Target | undefined> = new Map([
  ...kinds('TABLE VIEW', 'table'),
  ...kinds('INDEX SEQUENCE TYPE EXTENSION DOMAIN FUNCTION PROCEDURE TRIGGER', 'name'),
  ...kinds('SCHEMA DATABASE USER ROLE SERVER POLICY RULE EVENT OPERATOR PUBLICATION SUBSCRIPTION'),
]);

/** Their definitions contain programs. */
export const PROGRAMS: ReadonlySet<string> = new Set(['FUNCTION', 'PROCEDURE', 'TRIGGER', 'EVENT', 'RULE']);
