import { sanitizeSql, type SanitizedQuery } from '../src/sql.ts';
import { MYSQL, POSTGRESQL, SQLITE, TSQL } from '../src/sql-dialect.ts';

/** In every literal and comment, and in nothing else. */
const SECRET = 'zq';
const NUMBER = '90713';

/** What stands in literals to lead a reader astray; a single quote is doubled already. */
const JUNK = [
  "''",
  '"',
  '`',
  '--',
  '-- ',
  '/*',
  '*/',
  '#',
  '$$',
  '$a$',
  '\n',
  '\r',
  ' ',
  ';',
  'é',
  '👍',
  '?',
  '1',
  '.',
  'E',
];

type Random = () => number;

/** Numbers that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How a server reads a statement that was written for it. */
interface Reading {
  dialect: 'postgresql' | 'mysql' | 'sqlite' | 'tsql';
  /** `standard_conforming_strings=off`, or MySQL without `NO_BACKSLASH_ESCAPES`. */
  backslashes: boolean;
  /** MySQL: `"…"` is a name. */
  ansiQuotes: boolean;
  /** MySQL 9: `$$…$$` is a string. */
  dollars: boolean;
}

export interface Statement {
  sql: string;
  dialect: Reading['dialect'];
  /** Names in it that have to be shown, unless the server's settings decide where its literals are. */
  names: string[];
  isAmbiguous: boolean;
}

/** Statements made of tokens, each literal of which is known. */
export class Generator {
  readonly #random: Random;
  #reading!: Reading;
  #names: string[] = [];
  #isAmbiguous = false;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  statement(dialect: Reading['dialect']): Statement {
    const flip = (): boolean => this.#random() < 0.5;
    this.#reading = { dialect, backslashes: flip(), ansiQuotes: this.#random() < 0.2, dollars: this.#random() < 0.2 };
    this.#names = [];
    this.#isAmbiguous = false;
    let sql = '';
    let before = '';
    const length = 1 + Math.floor(this.#random() * 12);
    for (let i = 0; i < length; i++) {
      const token = this.#token();
      sql += this.#between(before, token) + token;
      before = token;
    }
    return { sql, dialect, names: this.#names, isAmbiguous: this.#isAmbiguous };
  }

  #pick<T>(options: readonly T[]): T {
    return options[Math.floor(this.#random() * options.length)]!;
  }

  #token(): string {
    switch (this.#pick(['literal', 'literal', 'name', 'word', 'operator', 'number', 'comment', 'parameter'])) {
      case 'literal':
        return this.#literal();
      case 'name':
        return this.#name();
      case 'word':
        return this.#pick(
          'SELECT FROM WHERE INTO VALUES UPDATE SET AND IN LIKE JOIN AS FOR TABLE IF ONLY CALL END with Insert'.split(
            ' ',
          ),
        );
      case 'operator':
        return this.#operator();
      case 'number':
        return this.#pick([NUMBER, `${NUMBER}.5`, `.${NUMBER}`, `${NUMBER}e-7`, `0x${NUMBER}F`, `1e${NUMBER}`]);
      case 'comment':
        return this.#comment();
      default:
        if (this.#reading.dialect === 'sqlite') return this.#pick(['?', '?', '?7', ':a', '@a', '$a']);
        if (this.#reading.dialect === 'tsql') return this.#pick(['@a', '@p1', '@@b']);
        return this.#reading.dialect === 'mysql' ? '?' : `$${1 + Math.floor(this.#random() * 9)}`;
    }
  }

  #literal(): string {
    const { dialect } = this.#reading;
    if (dialect === 'postgresql') return this.#postgresqlLiteral();
    if (dialect === 'mysql') return this.#mysqlLiteral();
    return dialect === 'tsql' ? this.#tsqlLiteral() : this.#sqliteLiteral();
  }

  #operator(): string {
    const all = [
      '=',
      '+',
      '*',
      '<>',
      '||',
      '->>',
      '@>',
      '(',
      ')',
      ',',
      ',',
      ';',
      '[',
      ']',
      ':',
      '%',
      '&',
      '!',
      '~',
      '^',
    ];
    if (this.#reading.dialect === 'mysql') return this.#pick([...all, '5--', '-', '/', '@', '\\N']);
    // Brackets are around names.
    if (this.#reading.dialect === 'sqlite' || this.#reading.dialect === 'tsql')
      return this.#pick([...all.filter((sign) => !'[]'.includes(sign)), '==', '-', '/']);
    return this.#pick([...all, '::', '`', '#', '#>>', '?', '?|', '-', '/']);
  }

  /** A blank where two tokens would be another one without it. */
  #between(before: string, token: string): string {
    const isWord = (text: string): boolean => /[\w$é\u0080-\uffff]/.test(text);
    const glued = isWord(before.at(-1) ?? ' ') && (isWord(token[0]!) || /^['"`]/.test(token));
    const joined = /[-/*#<>|&:?!~^%@=+\\`'"]$/.test(before) && /^[-/*#<>|&:?!~^%@=+\\`'"$]/.test(token);
    // A digit before a dot, a word behind a string.
    const odd = (/['"`]$/.test(before) && isWord(token[0]!)) || token[0] === '.' || before.endsWith('.');
    // `5--` is no comment only if no blank follows.
    if (before === '5--') return /^[\w'"(]/.test(token) ? '' : "'' ";
    return glued || joined || odd || this.#random() < 0.4 ? this.#pick([' ', '\n', '\t', '  ', ' ']) : '';
  }

  /** @param quote which is doubled */
  #junk(extra: readonly string[], quote?: string): string {
    const parts = [...JUNK, SECRET, ...extra];
    const pick = (): string => {
      const part = this.#pick(parts);
      return part === quote ? part + part : part;
    };
    return Array.from({ length: Math.floor(this.#random() * 6) }, pick).join('');
  }

  /** Between the quotes of a string. */
  #inside(quote: string, backslashes: boolean): string {
    const extra = backslashes ? [`\\${quote}`, '\\\\', '\\n', `\\${quote}`] : ['\\n'];
    const inside = SECRET + this.#junk(extra, quote);
    // Without escapes a backslash before the last quote is a character like any other.
    const ending = !backslashes && this.#random() < 0.15 ? '\\' : SECRET;
    if (inside.includes('\\') || ending === '\\') this.#isAmbiguous = true;
    return inside + ending;
  }

  #postgresqlLiteral(): string {
    const standard = (): string => `'${this.#inside("'", this.#reading.backslashes)}'`;
    switch (this.#pick(['standard', 'standard', 'escape', 'dollar', 'bits', 'unicode', 'continued'])) {
      case 'standard':
        return standard();
      case 'escape':
        return `${this.#pick(['E', 'e'])}'${this.#inside("'", true)}'`;
      case 'dollar':
        return this.#dollar();
      case 'bits':
        return `${this.#pick(['B', 'X', 'N', 'n'])}'${SECRET}'`;
      case 'unicode':
        return `U&'${SECRET}${this.#junk([])}${SECRET}'`;
      default:
        return `E'${this.#inside("'", true)}'${this.#pick(['\n', ' \n ', '\r\n', " -- it's zq\n"])}'${this.#inside("'", true)}'`;
    }
  }

  #dollar(): string {
    const tag = this.#pick(['$$', '$fn$', '$_a1$', '$é$']);
    for (;;) {
      const body = SECRET + this.#junk(["'"]) + SECRET;
      if ((body + tag).indexOf(tag) === body.length) return tag + body + tag;
    }
  }

  #mysqlLiteral(): string {
    const { backslashes, ansiQuotes, dollars } = this.#reading;
    const single = (): string => `'${this.#inside("'", backslashes)}'`;
    switch (this.#pick(['single', 'single', 'double', 'introduced', 'bits', 'national', 'dollar'])) {
      case 'double':
        return ansiQuotes ? single() : `"${this.#inside('"', backslashes)}"`;
      case 'introduced':
        return `_utf8mb4${this.#pick(['', ' '])}${single()}`;
      case 'bits':
        return `${this.#pick(['x', 'X', 'b'])}'${SECRET}'`;
      case 'national':
        return `N${single()}`;
      case 'dollar':
        this.#isAmbiguous = true;
        // Before 9 two names with dollars, and a string between them.
        return dollars ? this.#dollar() : ` $$ + '${SECRET} $$ ${SECRET}' `;
      default:
        return single();
    }
  }

  #sqliteLiteral(): string {
    if (this.#random() < 0.2) return `${this.#pick(['x', 'X'])}'${SECRET}'`;
    return `'${SECRET}${this.#junk(['\\', '"'], "'")}${this.#pick([SECRET, '\\'])}'`;
  }

  #tsqlLiteral(): string {
    const string = `'${SECRET}${this.#junk(['\\', '"', '[', ']'], "'")}${this.#pick([SECRET, '\\'])}'`;
    return this.#pick([string, string, `N${string}`, `n${string}`, `$${NUMBER}.50`, `€${NUMBER}.50`]);
  }

  #name(): string {
    const plain = ['a', 'tbl', 'E', 'e', 'N', 'x1', '_u', 'col$1', 'été', 'select1', 's.t'];
    const { dialect, ansiQuotes } = this.#reading;
    const quoted =
      dialect === 'mysql'
        ? ['`q i``d`', '`S`.`T`', "`it's`", '`a--b`']
        : [
            '"q i""d"',
            '"a""b".c',
            '"S"."T"',
            '"it\'s"',
            ...(dialect === 'tsql' ? ["[it's]", '[a--b]', '[a]]b]', '[S].[T]', '[S]."T"'] : []),
            ...(dialect === 'sqlite' ? ["[it's]", "`it's`", '[a--b]'] : []),
          ];
    const name = this.#pick([...plain, ...quoted, ...(dialect === 'mysql' && ansiQuotes ? ['"a""b"', '"it\'s"'] : [])]);
    if (dialect === 'mysql' && name.startsWith('"')) this.#isAmbiguous = true;
    else this.#names.push(name);
    return name;
  }

  #comment(): string {
    if (this.#reading.dialect === 'sqlite') {
      return this.#pick([`-- ${SECRET} '"[\n`, `--${SECRET}'\r\n`, `/* ${SECRET} ' " [ */`, `/* /* ${SECRET} */`]);
    }
    if (this.#reading.dialect === 'tsql') {
      return this.#pick([
        `-- ${SECRET} '"[\n`,
        `--${SECRET}'\r\n`,
        `/* ${SECRET} ' [ */`,
        `/* /* ${SECRET}' */ ${SECRET} */`,
      ]);
    }
    if (this.#reading.dialect === 'postgresql') {
      return this.#pick([
        `-- ${SECRET} '"$$\n`,
        `--${SECRET}'\r`,
        `/* ${SECRET} ' " $$ */`,
        `/* a /* ${SECRET}' */ ${SECRET} */`,
      ]);
    }
    const plain = this.#pick([
      `-- ${SECRET} '"\`\n`,
      `# ${SECRET} '"\r\n`,
      `/* ${SECRET} ' " */`,
      `/* /* ${SECRET} */`,
      '--\n',
    ]);
    if (this.#random() < 0.9) return plain;
    this.#isAmbiguous = true;
    // Code to those versions that it is meant for.
    return this.#pick([`/*!50000 ${SECRET} */`, `/*!99999 '${SECRET} */ ${SECRET}' */`, `/*M! "*/ ${SECRET}" */`]);
  }
}

/** What is wrong with a sanitised statement, or undefined. */
export function faultOf(statement: Statement, { text, summary = '' }: SanitizedQuery): string | undefined {
  const shown = `${text} ${summary}`;
  if (shown.includes(SECRET) || shown.includes(NUMBER)) return 'a literal is shown';
  if (statement.isAmbiguous) return undefined;
  let at = 0;
  for (const name of statement.names) {
    at = text.indexOf(name, at);
    if (at < 0) return `the name ${name} is not shown`;
    at += name.length;
  }
  return undefined;
}

const DIALECTS = { postgresql: POSTGRESQL, mysql: MYSQL, sqlite: SQLITE, tsql: TSQL };

/** Makes `count` statements of a dialect and looks at what is shown of each. */
export function fuzz(dialect: Reading['dialect'], count: number, seed: number, faulty: (fault: string) => void): void {
  const generator = new Generator(seed);
  for (let i = 0; i < count; i++) {
    const statement = generator.statement(dialect);
    const query = sanitizeSql(statement.sql, DIALECTS[dialect]);
    const fault = faultOf(statement, query);
    if (fault) faulty(`${fault}: ${JSON.stringify(statement.sql)} as ${JSON.stringify(query.text)}, ${query.summary}`);
  }
}
