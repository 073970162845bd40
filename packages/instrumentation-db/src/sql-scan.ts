import {
  charactersOf,
  DIGIT,
  DOLLAR,
  DOT,
  HASH,
  HYPHEN,
  isDigit,
  isLetter,
  isNamePart,
  isWord,
  NAME,
  SIGN,
  SLASH,
  SPACE,
  STRING,
  WORD,
} from './sql-characters.ts';
import type { Dialect } from './sql-dialect.ts';
import { endOfList, endOfRows } from './sql-parameters.ts';
import { SqlSummary } from './sql-summary.ts';
import { SqlText } from './sql-text.ts';

/** In characters. */
const MAX_SCANNED = 16_384;

const DOLLAR_SIGN = 36;
const AMPERSAND = 38;
const CLOSE = 41;
const STAR = 42;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const STROKE = 47;
const QUESTION = 63;
const BACKSLASH = 92;

/** `nonsense`: a literal without end. `doubtful`: perhaps a misplaced quote. */
type Reading = 'sound' | 'doubtful' | 'nonsense';

/**
 * Reads literals as the dialect's servers do. Hides what follows an endless one, or where two settings give different
 * readings.
 */
export class SqlScan {
  readonly text = new SqlText();
  readonly summary = new SqlSummary();
  readonly #sql: string;
  readonly #end: number;
  readonly #dialect: Dialect;
  readonly #characters: Uint8Array;
  #at = 0;
  #firstString = -1;
  /** Of the last quote. */
  #hasBackslash = false;
  /** The dialect's, or the setting tried. */
  readonly #backslash: Dialect['backslash'];
  #isAmbiguous = false;
  #reading: Reading = 'sound';

  private constructor(sql: string, end: number, dialect: Dialect, backslash = dialect.backslash) {
    this.#sql = sql;
    this.#end = end;
    this.#dialect = dialect;
    this.#backslash = backslash;
    this.#characters = charactersOf(dialect);
  }

  static of(sql: string, dialect: Dialect): SqlScan {
    const end = Math.min(sql.length, MAX_SCANNED);
    const scan = new SqlScan(sql, end, dialect);
    const isSound = scan.#read();
    // A continued string keeps its prefix.
    if (scan.#isAmbiguous && end === sql.length && dialect.escapePrefix === undefined) {
      const sound = SqlScan.#soundToOneSetting(sql, dialect);
      if (sound) return sound;
    }
    if (isSound) return scan;
    // An extra quote swaps literals and code: `name = 'O'Brien' AND …`.
    const readable = new SqlScan(sql, Math.max(scan.#firstString, 0), dialect);
    readable.#read();
    readable.#literal();
    return readable;
  }

  /** If the other setting has an endless quote. */
  static #soundToOneSetting(sql: string, dialect: Dialect): SqlScan | undefined {
    const escaped = new SqlScan(sql, sql.length, dialect, 'escapes');
    const plain = new SqlScan(sql, sql.length, dialect, 'is a character');
    escaped.#read();
    plain.#read();
    if (escaped.#reading === 'sound' && plain.#reading === 'nonsense') return escaped;
    return plain.#reading === 'sound' && escaped.#reading === 'nonsense' ? plain : undefined;
  }

  /** @returns false if invalid */
  #read(): boolean {
    const sql = this.#sql;
    const characters = this.#characters;
    while (this.#at < this.#end) {
      const at = this.#at;
      const code = sql.charCodeAt(at);
      switch (code < 128 ? characters[code] : this.#isLetter(code) ? WORD : SIGN) {
        case SPACE:
          this.#at++;
          this.text.space();
          break;
        case DIGIT:
          this.#number();
          break;
        case WORD:
        case NAME:
          if (!this.#word()) return false;
          break;
        case STRING:
          if (!this.#string(at, false)) return false;
          break;
        case DOLLAR:
          if (!this.#dollar()) return false;
          break;
        case HYPHEN:
          if (this.#beginsComment()) this.#lineComment();
          else this.#sign(code);
          break;
        case SLASH:
          if (sql.charCodeAt(at + 1) !== STAR) this.#sign(code);
          else if (!this.#comment()) return false;
          break;
        case DOT:
          if (isDigit(sql.charCodeAt(at + 1))) this.#number();
          else this.#sign(code);
          break;
        case HASH:
          this.#lineComment();
          break;
        default:
          this.#sign(code);
      }
    }
    this.summary.end();
    return true;
  }

  #sign(code: number): void {
    const sign = this.#sql[this.#at++]!;
    const { parameters } = this.#dialect;
    if (code === QUESTION && parameters === '?') return this.#parameter(sign);
    this.text.punctuation(sign);
    this.summary.punctuation(sign);
    if (code === CLOSE && this.text.isBehindRow) this.#leaveOut(endOfRows(this.#sql, this.#at, this.#end, parameters));
  }

  #parameter(written: string): void {
    this.text.parameter(written);
    this.summary.value();
    const { parameters } = this.#dialect;
    if (this.text.isInList) this.#leaveOut(endOfList(this.#sql, this.#at, this.#end, parameters));
  }

  /** Counts of parameters make no other query. */
  #leaveOut(end: number): void {
    if (end === this.#at) return;
    this.#at = end;
    this.text.parametersLeftOut();
  }

  #literal(): void {
    this.text.literal();
    this.summary.value();
  }

  /** Code and literals look alike. */
  #hideRest(): true {
    this.#literal();
    this.#at = this.#end;
    return true;
  }

  /** An extra quote, or a text cut at the limit. */
  #unclosed(): boolean {
    if (this.#firstString < 0) this.#firstString = this.#at;
    if (this.#sql.length > this.#end) return this.#hideRest();
    this.#reading = 'nonsense';
    return false;
  }

  /** @param open the quote's index, after prefixes */
  #string(open: number, escapes: boolean): boolean {
    const backslash = this.#backslash;
    if (this.#firstString < 0) this.#firstString = this.#at;
    const isSettled = escapes || backslash !== 'depends on a setting';
    const end = this.#endOfQuoted(open, escapes || backslash !== 'is a character');
    if (!isSettled && this.#hasBackslash && end !== this.#endOfQuoted(open, false)) {
      this.#isAmbiguous = true;
      return this.#hideRest();
    }
    if (end < 0) return this.#unclosed();
    this.#literal();
    this.#at = end;
    if (!isWord(this.#sql.charCodeAt(end))) return true;
    // Probably a misplaced quote.
    this.#reading = 'doubtful';
    return this.#backslash !== this.#dialect.backslash;
  }

  /** After the closing quote, or -1. */
  #endOfQuoted(from: number, escapes: boolean): number {
    const sql = this.#sql;
    const end = this.#end;
    const open = sql.charCodeAt(from);
    const quote = open === 91 /* [ */ ? 93 : open;
    this.#hasBackslash = false;
    for (let i = from + 1; i < end; i++) {
      const code = sql.charCodeAt(i);
      if (code === BACKSLASH) {
        this.#hasBackslash = true;
        if (escapes) i++;
      } else if (code === quote) {
        if (i + 1 >= end || sql.charCodeAt(i + 1) !== quote) return i + 1;
        i++;
      }
    }
    return -1;
  }

  /** A qualified name (`shop.orders`, `"Shop"."Orders"`) or a string's prefix. */
  #word(): boolean {
    const sql = this.#sql;
    const characters = this.#characters;
    const from = this.#at;
    let isQuoted = false;
    let i = from;
    for (;;) {
      if (characters[sql.charCodeAt(i)] === NAME) {
        isQuoted = true;
        i = this.#endOfQuoted(i, false);
        if (i < 0) return this.#unclosed();
      } else {
        for (; i < this.#end; i++) {
          const code = sql.charCodeAt(i);
          if (!isNamePart(code) || (code > 127 && !this.#isLetter(code))) break;
        }
      }
      if (sql.charCodeAt(i) !== POINT || i + 1 >= this.#end) break;
      const next = sql.charCodeAt(i + 1);
      if (!isWord(next) && characters[next] !== NAME) break;
      i++;
    }
    if (i - from === 1 && !isQuoted) {
      const quote = this.#prefixedString(i);
      if (quote >= 0) return this.#string(quote, sql[from]!.toUpperCase() === this.#dialect.escapePrefix);
    }
    this.#at = i;
    this.#name(sql.slice(from, i), isQuoted);
    return true;
  }

  /** @param code beyond ASCII */
  #isLetter(code: number): boolean {
    return !this.#dialect.namesOfLetters || isLetter(code);
  }

  #name(word: string, isQuoted: boolean): void {
    if (!isQuoted && isTruth(word)) return this.#literal();
    this.text.word(word);
    if (isQuoted) this.summary.name(word);
    else this.summary.word(word);
  }

  /** A prefixed string's index, or -1. */
  #prefixedString(end: number): number {
    const sql = this.#sql;
    const { strings, stringPrefixes } = this.#dialect;
    const quote = sql.charCodeAt(end) === AMPERSAND ? end + 1 : end;
    if (quote >= this.#end || !strings.includes(sql[quote]!)) return -1;
    return stringPrefixes.includes(sql.slice(end - 1, quote).toUpperCase()) ? quote : -1;
  }

  #number(): void {
    const sql = this.#sql;
    let i = this.#at + 1;
    for (; i < this.#end; i++) {
      const code = sql.charCodeAt(i);
      if (isWord(code) || code === POINT) continue;
      const isSign = code === MINUS || code === PLUS;
      if (!isSign || (sql.charCodeAt(i - 1) | 32) !== 101 /* e */ || !isDigit(sql.charCodeAt(i + 1))) break;
    }
    const written = sql.slice(this.#at, i);
    if (this.#dialect.namesBeginWithDigits && this.summary.expectsTable && isNameWithDigit(written)) {
      this.#name(written, false);
    } else this.#literal();
    this.#at = i;
  }

  #dollar(): boolean {
    const sql = this.#sql;
    const { dollarQuotes, parameters } = this.#dialect;
    let i = this.#at + 1;
    if (parameters === '$' && isDigit(sql.charCodeAt(i))) {
      while (i < this.#end && isDigit(sql.charCodeAt(i))) i++;
      const written = sql.slice(this.#at, i);
      this.#at = i;
      this.#parameter(written);
      return true;
    }
    if (!isDigit(sql.charCodeAt(i))) while (i < this.#end && isWord(sql.charCodeAt(i))) i++;
    const isTag = dollarQuotes !== 'no' && i < this.#end && sql.charCodeAt(i) === DOLLAR_SIGN;
    if (!isTag) {
      this.#sign(DOLLAR_SIGN);
      return true;
    }
    if (dollarQuotes !== 'yes') return this.#hideRest();
    if (this.#firstString < 0) this.#firstString = this.#at;
    const tag = sql.slice(this.#at, i + 1);
    const close = sql.indexOf(tag, i + 1);
    if (close < 0 || close + tag.length > this.#end) return this.#unclosed();
    this.#literal();
    this.#at = close + tag.length;
    return true;
  }

  #beginsComment(): boolean {
    const { dashesNeedBlank } = this.#dialect;
    if (this.#sql.charCodeAt(this.#at + 1) !== MINUS) return false;
    const behind = this.#sql.charCodeAt(this.#at + 2);
    // Control characters are blanks (`lex_one_token`, sql/sql_lex.cc).
    return !dashesNeedBlank || behind <= 32 || behind === 127 || Number.isNaN(behind);
  }

  #lineComment(): void {
    const { lineEnds } = this.#dialect;
    while (this.#at < this.#end && !lineEnds.includes(this.#sql[this.#at]!)) this.#at++;
    this.text.space();
  }

  #comment(): boolean {
    const sql = this.#sql;
    const { nestedComments, executableComments } = this.#dialect;
    let depth = 1;
    let i = this.#at + 2;
    const isExecutable = executableComments && (sql[i] === '!' || (sql[i] === 'M' && sql[i + 1] === '!'));
    for (; depth > 0; i++) {
      if (i >= this.#end) return this.#unclosed();
      const code = sql.charCodeAt(i);
      const next = sql.charCodeAt(i + 1);
      if (code === STAR && next === STROKE) {
        depth--;
        i++;
      } else if (code === STROKE && next === STAR) {
        if (isExecutable) break;
        if (nestedComments) {
          depth++;
          i++;
        }
      } else if (isExecutable && /['"`#-]/.test(sql[i]!)) break;
    }
    this.text.space();
    if (depth > 0) return this.#hideRest();
    this.#at = i;
    return true;
  }
}

/** `2fa_tokens`, but not `0x1F` or `1e5`. */
function isNameWithDigit(written: string): boolean {
  return /^\d+[a-z_]+$/i.test(written) && !/^(0x[\da-f]*|0b[01]*|\d+e)$/i.test(written);
}

function isTruth(word: string): boolean {
  const { length } = word;
  if (length !== 4 && length !== 5) return false;
  const upper = word.toUpperCase();
  return upper === 'TRUE' || upper === 'FALSE';
}
