import { hasTexts, noteText, privateErrors, textIn, type PrivateMessage } from './private-texts.ts';

const MAX_MESSAGE = 256;
/** Longer: a token or hash. */
const MAX_WORD = 32;

const MAX_DEPTH = 4;
const MAX_LOOKED_AT = 32;
/** At each end of a message: most that an error costs is 1 ms. */
const MAX_SEARCHED = 4_096;

const QUOTES = new Set('"`\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb\u2039\u203a\u300c\u300e');
/** Around values: `Key (email)=(…)`, `user a@example.com`, `value: …`. */
const VALUE_SIGNS = new Set('@=:');

/**
 * Cuts at the first quotation mark, number, address or assignment: `duplicate key value violates unique constraint
 * "users_email_key"` ends before the quote.
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
  // The word of `value: …`, not `a@example.com`.
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

/**
 * The public part of a database error, or of one that carries it (`cause`, `parent`, `errors`) or its text.
 *
 * @returns undefined for others
 */
export function privateMessage(error: unknown, message: string): string | undefined {
  if (typeof error === 'object' && error !== null) {
    const own = privateErrors.get(error);
    // It may have changed: some prepend the statement.
    if (own) return own.shown;
    const carried = carriedBy(error, 0, { left: MAX_LOOKED_AT });
    if (carried) {
      const shown = withoutMessage(message, carried);
      // The text may be passed on alone.
      noteValues(error, message, shown);
      return shown;
    }
  }
  const searched = searchedPart(message);
  const repeated = textIn(searched);
  if (repeated) return withoutMessage(message, repeated);
  // Between its ends, a text may be hidden.
  return searched === message || !hasTexts() ? undefined : message.slice(0, MAX_SEARCHED - MAX_MESSAGE);
}

/** A long message begins with what the application says, or ends with what the database does. */
function searchedPart(message: string): string {
  if (message.length <= 2 * MAX_SEARCHED) return message;
  return `${message.slice(0, MAX_SEARCHED)}\n${message.slice(-MAX_SEARCHED)}`;
}

/** `could not save alice: Duplicate entry 'alice'`: its beginning, and the other's public part. */
function withoutMessage(message: string, { whole, shown }: PrivateMessage): string {
  const at = message.slice(0, 2 * MAX_MESSAGE).indexOf(whole);
  const own = withoutValues(message);
  return at < 0 || at > own.length ? own : own.slice(0, at) + shown;
}

/** Calls no getters, which are application code. */
function carriedBy(error: object, depth: number, budget: { left: number }): PrivateMessage | undefined {
  for (const name of Object.getOwnPropertyNames(error)) {
    if (budget.left-- <= 0) return undefined;
    const value: unknown = Object.getOwnPropertyDescriptor(error, name)?.value;
    if (typeof value !== 'object' || value === null) continue;
    const found =
      privateErrors.get(value) ??
      (depth < MAX_DEPTH && (value instanceof Error || Array.isArray(value))
        ? carriedBy(value, depth + 1, budget)
        : undefined);
    if (found) return found;
  }
  return undefined;
}

/**
 * Descriptions of this error, or of one with its text, now omit values.
 *
 * @param shown the public part
 */
export function noteValues(error: unknown, message: string, shown = withoutValues(message)): void {
  if (typeof error !== 'object' || error === null || privateErrors.has(error)) return;
  const noted = { whole: message.slice(0, MAX_MESSAGE), shown };
  privateErrors.set(error, noted);
  noteText(noted);
}
