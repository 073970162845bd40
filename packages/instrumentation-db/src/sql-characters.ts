import type { Dialect } from './sql-dialect.ts';

/** Blanks of SQL: all control characters that are blanks to either server. */
export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Letters, digits, underscore and everything beyond ASCII, as all dialects allow in names. */
export function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || isDigit(code) || code === 95 || code > 127;
}

/** Of names, where they do not begin: `$` too. */
export function isNamePart(code: number): boolean {
  return isWord(code) || code === 36;
}

/** What a character begins, where nothing is open. */
const SIGN = 0;
export const SPACE = 1;
export const DIGIT = 2;
export const WORD = 3;
export const STRING = 4;
export const NAME = 5;
export const HYPHEN = 6;
export const SLASH = 7;
export const DOT = 8;
export const DOLLAR = 9;
export const HASH = 10;

const tables = new Map<Dialect, Uint8Array>();

/** What each ASCII character begins in a dialect. One beyond is a part of a word. */
export function charactersOf(dialect: Dialect): Uint8Array {
  let table = tables.get(dialect);
  if (!table) tables.set(dialect, (table = Uint8Array.from({ length: 128 }, (_, code) => beginning(code, dialect))));
  return table;
}

function beginning(code: number, { strings, names, hashComments }: Dialect): number {
  const sign = String.fromCharCode(code);
  if (strings.includes(sign)) return STRING;
  if (names.includes(sign)) return NAME;
  if (isSpace(code)) return SPACE;
  if (isDigit(code)) return DIGIT;
  if (isWord(code)) return WORD;
  const kind = { '-': HYPHEN, '/': SLASH, '.': DOT, $: DOLLAR, '#': hashComments ? HASH : SIGN }[sign];
  return kind ?? SIGN;
}
