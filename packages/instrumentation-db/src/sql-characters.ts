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
