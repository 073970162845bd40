/**
 * How a database reads the text of a query: as far as it decides where a literal begins and ends.
 *
 * Where a setting of the server decides, and the driver does not know it, a dialect says so: the rest of a text that
 * the two settings read differently is hidden.
 */
export interface Dialect {
  /** Characters that open and close a string. */
  readonly strings: string;
  /** Whether a backslash escapes inside a string. */
  readonly backslash: 'escapes' | 'is a character' | 'depends on a setting';
  /** Words right before a string, upper case, that belong to it: `B'101'`. */
  readonly stringPrefixes: readonly string[];
  /** The one of these that makes backslashes escape: PostgreSQL's `E'…'`. */
  readonly escapePrefix?: string;
  /** Characters that open a quoted name; its end is doubled in it: `"`, `` ` ``, `[`. */
  readonly names: string;
  /** What stands for a value that is sent beside the text: `$1` or `?`. */
  readonly parameters: '$' | '?';
  /** `$tag$ … $tag$` is a string. */
  readonly dollarQuotes: 'yes' | 'no' | 'depends on the version';
  /** `#` begins a comment that ends with its line. */
  readonly hashComments: boolean;
  /** `--` begins a comment only with a blank behind it. */
  readonly dashesNeedBlank: boolean;
  /** Characters that end a comment of one line. */
  readonly lineEnds: readonly string[];
  /** A comment in a comment needs an end of its own. */
  readonly nestedComments: boolean;
  /** What is in `/*! …` comments is executed by some versions, and a comment to others. */
  readonly executableComments: boolean;
  /** A name may begin with a digit: `2fa_tokens`. */
  readonly namesBeginWithDigits: boolean;
}

/** PostgreSQL (src/backend/parser/scan.l); `standard_conforming_strings` decides about backslashes. */
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
 * MySQL and MariaDB (sql/sql_lex.cc). `NO_BACKSLASH_ESCAPES` decides about backslashes; `ANSI_QUOTES` makes `"…"` a
 * name, which is hidden like the string that it is else. MySQL 9 has dollar quotes, older ones have names with dollars.
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
  // A byte of zero ends a comment there, a carriage return does not.
  lineEnds: ['\n', '\0'],
  nestedComments: false,
  executableComments: true,
  namesBeginWithDigits: true,
};
