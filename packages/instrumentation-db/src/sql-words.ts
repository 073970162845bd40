/** What follows a word: one table, several with commas between them, or a name that is no table's. */
export type Target = 'table' | 'tables' | 'name';

/** What a word means for the summary of a statement, where it stands as a word of the language. */
export interface KnownWord {
  /**
   * - `verb` begins a statement or a part of one, and its target follows.
   * - `definition` is `CREATE` and its like: the kind of object is a part of the operation.
   * - `command` begins a statement of which nothing else is shown.
   * - `prefix` stands before a verb: `EXPLAIN UPDATE …`.
   * - `connective` is followed by tables, behind certain verbs.
   * - `filler` stands between any of these and the name.
   * - `clause` ends a list of tables.
   */
  readonly role: 'verb' | 'definition' | 'command' | 'prefix' | 'connective' | 'filler' | 'clause' | 'other';
  /** Upper case. */
  readonly word: string;
  readonly target?: Target | undefined;
  /** Of a connective: the verbs behind which it is one; undefined: where a list of tables is open. */
  readonly verbs?: ReadonlySet<string> | undefined;
}

const known = new Map<string, KnownWord>();

function add(role: KnownWord['role'], text: string, target?: Target, verbs?: string): void {
  for (const word of text.split(' ')) {
    const entry: KnownWord = { role, word, target, verbs: verbs ? new Set(verbs.split(' ')) : undefined };
    // As it is written most.
    known.set(word, entry).set(word.toLowerCase(), entry);
  }
}

add('verb', 'SELECT DELETE LOAD');
add('verb', 'INSERT REPLACE MERGE COPY REFRESH OPTIMIZE TABLE VACUUM', 'table');
add('verb', 'UPDATE TRUNCATE LOCK', 'tables');
add('verb', 'CALL EXECUTE LISTEN NOTIFY UNLISTEN', 'name');
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

/** Of a word in whatever case; undefined for one that is none of the language's, or of no interest. */
export function knownWord(word: string): KnownWord | undefined {
  const { length } = word;
  if (length < 2 || length > LONGEST) return undefined;
  const found = known.get(word);
  // `Select` is worth a second look: one of its ends is large, the other small.
  if (found !== undefined || ((word.charCodeAt(0) ^ word.charCodeAt(length - 1)) & 32) === 0) return found;
  return known.get(word.toUpperCase());
}

const kinds = (text: string, target?: Target): [string, Target | undefined][] =>
  text.split(' ').map((kind) => [kind, target]);

/** What can be defined. The names of people, and of what is made for each tenant, are not shown. */
export const KINDS: ReadonlyMap<string, Target | undefined> = new Map([
  ...kinds('TABLE VIEW', 'table'),
  ...kinds('INDEX SEQUENCE TYPE EXTENSION DOMAIN FUNCTION PROCEDURE TRIGGER', 'name'),
  ...kinds('SCHEMA DATABASE USER ROLE SERVER POLICY RULE EVENT OPERATOR PUBLICATION SUBSCRIPTION'),
]);

/** Kinds whose definition has a program inside. */
export const PROGRAMS: ReadonlySet<string> = new Set(['FUNCTION', 'PROCEDURE', 'TRIGGER', 'EVENT', 'RULE']);
