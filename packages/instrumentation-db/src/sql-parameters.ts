import { isDigit, isSpace } from './sql-characters.ts';

const DOLLAR = 36;
const OPEN = 40;
const CLOSE = 41;
const COMMA = 44;
const QUESTION = 63;

/** Rows of parameters fill most long texts: `, ($3, $4), ($5, $6)`. */
export function endOfRows(sql: string, from: number, to: number, parameters: '$' | '?'): number {
  let end = from;
  for (;;) {
    const first = endOfParameter(sql, behind(OPEN, sql, behind(COMMA, sql, end, to), to), to, parameters);
    const close = first < 0 ? -1 : behind(CLOSE, sql, endOfList(sql, first, to, parameters), to);
    if (close < 0) return end;
    end = close;
  }
}

/** Skips parameters: `, $3, $4`. */
export function endOfList(sql: string, from: number, to: number, parameters: '$' | '?'): number {
  let end = from;
  for (;;) {
    const next = endOfParameter(sql, behind(COMMA, sql, end, to), to, parameters);
    if (next < 0) return end;
    end = next;
  }
}

function endOfParameter(sql: string, from: number, to: number, parameters: '$' | '?'): number {
  if (parameters === '?') return behind(QUESTION, sql, from, to);
  let i = behind(DOLLAR, sql, from, to);
  if (i < 0 || i >= to || !isDigit(sql.charCodeAt(i))) return -1;
  while (i < to && isDigit(sql.charCodeAt(i))) i++;
  return i;
}

/** Index after a sign, or -1. */
function behind(sign: number, sql: string, from: number, to: number): number {
  if (from < 0) return -1;
  let at = from;
  while (at < to && isSpace(sql.charCodeAt(at))) at++;
  return at < to && sql.charCodeAt(at) === sign ? at + 1 : -1;
}
