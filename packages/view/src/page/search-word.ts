/** A word of the search as it has to be written: in quotes where it has blanks or quotes. */
export function quoted(word: string): string {
  return /[\s"\\]/.test(word) ? `"${word.replaceAll(/["\\]/g, '\\$&')}"` : word;
}
