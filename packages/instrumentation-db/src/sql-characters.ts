import type { Dialect } from './sql-dialect.ts';

/** Control characters that PostgreSQL or MySQL reads as blanks. */
export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Valid in all dialects' names. */
export function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || isDigit(code) || code === 95 || code > 127;
}

/** Names may contain `$`, except first. */
export function isNamePart(code: number): boolean {
  return isWord(code) || code === 36;
}

/** Half of a character beyond 65,535 may be one of a letter. */
export function isLetter(code: number): boolean {
  return (code >= 0xd800 && code <= 0xdfff) || /[\p{L}\p{M}\p{Nd}]/u.test(String.fromCharCode(code));
}

export const SIGN = 0;
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

/** Non-ASCII belongs to words. */
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
