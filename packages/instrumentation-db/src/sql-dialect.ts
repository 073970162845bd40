/**
 * How a database delimits literals.
 *
 * Some server settings are unknown: ambiguous text is hidden.
 */
export interface Dialect {
  /** Quotes of strings. */
  readonly strings: string;
  readonly backslash: 'escapes' | 'is a character' | 'depends on a setting';
  /** Upper case: `B'101'`. */
  readonly stringPrefixes: readonly string[];
  /** Backslash escapes: PostgreSQL's `E'…'`. */
  readonly escapePrefix?: string;
  /** Opening quotes; the closing one is escaped by doubling: `"`, `` ` ``, `[`. */
  readonly names: string;
  /** Placeholder: `$1` or `?`. */
  readonly parameters: '$' | '?';
  readonly dollarQuotes: 'yes' | 'no' | 'depends on the version';
  readonly hashComments: boolean;
  readonly dashesNeedBlank: boolean;
  readonly lineEnds: readonly string[];
  readonly nestedComments: boolean;
  /** Some versions execute `/*! …`. */
  readonly executableComments: boolean;
  /** `2fa_tokens`. */
  readonly namesBeginWithDigits: boolean;
  /** Beyond ASCII names have letters only: `€5` is a number, a no-break space a blank. */
  readonly namesOfLetters?: boolean;
}

/** PostgreSQL (src/backend/parser/scan.l); `standard_conforming_strings` controls backslashes. */
export const POSTGRESQL: Dialect = {
  strings: "'",
  backslash: 'depends on a setting',
  stringPrefixes: ['E', 'B', 'X', 'N', 'U&'],
  escapePrefix: 'E',
  names: '"',
  parameters: '$',
  dollarQuotes: 'yes',
  hashComments: false,
  dashesNeedBlank: false,
  lineEnds: ['\n', '\r'],
  nestedComments: true,
  executableComments: false,
  namesBeginWithDigits: false,
};

/**
 * MySQL and MariaDB (sql/sql_lex.cc). `NO_BACKSLASH_ESCAPES` controls backslashes. `"…"` is always hidden. Dollar
 * quotes: MySQL 9.
 */
export const MYSQL: Dialect = {
  strings: `'"`,
  backslash: 'depends on a setting',
  stringPrefixes: ['B', 'X', 'N'],
  names: '`',
  parameters: '?',
  dollarQuotes: 'depends on the version',
  hashComments: true,
  dashesNeedBlank: true,
  // Not a carriage return.
  lineEnds: ['\n', '\0'],
  nestedComments: false,
  executableComments: true,
  namesBeginWithDigits: true,
};

/** SQLite (src/tokenize.c). `"…"` may be a string (`SQLITE_DBCONFIG_DQS_DML`): {@link SQLITE_DQS}. */
export const SQLITE: Dialect = {
  strings: "'",
  backslash: 'is a character',
  stringPrefixes: ['X'],
  names: '"`[',
  parameters: '?',
  dollarQuotes: 'no',
  hashComments: false,
  dashesNeedBlank: false,
  lineEnds: ['\n'],
  nestedComments: false,
  executableComments: false,
  namesBeginWithDigits: false,
};

/** With strings in double quotes: `"…"` is always hidden. */
export const SQLITE_DQS: Dialect = { ...SQLITE, strings: `'"`, names: '`[' };

/** SQL Server. `QUOTED_IDENTIFIER OFF` makes strings of `"…"`: {@link TSQL_QUOTED_STRINGS}. */
export const TSQL: Dialect = {
  strings: "'",
  backslash: 'is a character',
  stringPrefixes: ['N'],
  names: '"[',
  parameters: '?',
  dollarQuotes: 'no',
  hashComments: false,
  dashesNeedBlank: false,
  lineEnds: ['\n'],
  nestedComments: true,
  executableComments: false,
  namesBeginWithDigits: false,
  namesOfLetters: true,
};

/** With strings in double quotes: `"…"` is always hidden. */
export const TSQL_QUOTED_STRINGS: Dialect = { ...TSQL, strings: `'"`, names: '[' };
