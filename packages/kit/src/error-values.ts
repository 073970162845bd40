/** Longest message of a span's status. */
const MAX_MESSAGE = 256;
/** A word that is longer is no word: a token, a hash. */
const MAX_WORD = 32;
/** How far the causes of an error are followed. */
const MAX_CAUSES = 4;

/** Errors whose message may hold data; of the process, as a bundle has a copy of this file. */
const PRIVATE = Symbol.for('foreshock.private-errors');
const privateErrors = ((globalThis as { [PRIVATE]?: WeakSet<object> })[PRIVATE] ??= new WeakSet<object>());

const QUOTES = new Set('"`\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb\u2039\u203a\u300c\u300e');
/** Signs around values: `Key (email)=(…)`, `user a@example.com`, `value: …`. */
const VALUE_SIGNS = new Set('@=:');

/**
 * The beginning of a message that holds no data: up to the first quotation mark, number, address or assignment.
 * `duplicate key value violates unique constraint "users_email_key"` ends before the quote.
 */
export function withoutValues(message: string): string {
  const text = message.slice(0, MAX_MESSAGE);
  let word = 0;
  let i = 0;
  for (; i < text.length; i++) {
    const sign = text[i]!;
    if (sign === ' ' || sign === '\n' || sign === '\t') word = i + 1;
    else if (i - word >= MAX_WORD || isValue(sign) || (sign === "'" && !isApostrophe(text, i))) break;
  }
  if (i >= text.length) return text;
  // `value: …` keeps its word, `a@example.com` does not.
  if (text[i] === ':' && /^[\s]|^$/.test(text.slice(i + 1, i + 2))) word = i;
  return text.slice(0, word).replace(/[\s([{<,;-]+$/, '');
}

function isValue(sign: string): boolean {
  return (sign >= '0' && sign <= '9') || QUOTES.has(sign) || VALUE_SIGNS.has(sign);
}

/** `isn't`, `server's`, and `users'`; not `x'41'`. */
function isApostrophe(text: string, at: number): boolean {
  return /^[a-z]'(t|s|re|ve|ll|d|m)(?![a-z])/i.test(text.slice(at - 1, at + 4));
}

/** Whether the message of an error, or of what caused it, may hold data: a database has answered with it. */
export function holdsValues(error: unknown): boolean {
  let each = error;
  for (let i = 0; i < MAX_CAUSES && typeof each === 'object' && each !== null; i++) {
    if (privateErrors.has(each)) return true;
    each = (each as { cause?: unknown }).cause;
  }
  return false;
}

/** From here on, whoever describes this error describes it without the values in its message. */
export function noteValues(error: unknown): void {
  if (typeof error === 'object' && error !== null) privateErrors.add(error);
}
