import { holdsValues, noteValues, withoutValues } from './error-values.ts';

/** Longest `error.type`: codes and class names are short, anything longer is no class of errors. */
const MAX_LENGTH = 64;

/**
 * `error.type` of the semantic conventions for anything that can be thrown: the error's `code`
 * (`ECONNREFUSED`), else the name of its class, else `_OTHER`. Never throws, whatever the object's getters do.
 */
export function errorTypeOf(error: unknown): string {
  try {
    if (typeof error === 'object' && error !== null) {
      const { code } = error as { code?: unknown };
      if (typeof code === 'string' && code !== '' && code.length <= MAX_LENGTH) return code;
      const name = (error as object).constructor?.name;
      if (typeof name === 'string' && name !== '' && name !== 'Object' && name.length <= MAX_LENGTH) return name;
    }
  } catch {
    // A throwing getter is the application's; it only costs us the name.
  }
  return '_OTHER';
}

/**
 * The error's message for a span's status, at most 256 characters; empty when it has none. One that a
 * database has answered with ends before the first value in it, see {@link privateMessageOf}.
 */
export function errorMessageOf(error: unknown): string {
  try {
    const message = (error as { message?: unknown } | null | undefined)?.message;
    if (typeof message !== 'string') return '';
    return holdsValues(error) ? withoutValues(message) : message.slice(0, 256);
  } catch {
    return '';
  }
}

/** The same for what a database, or its client, has failed with: without the values in it, here and wherever it gets to. */
export function privateMessageOf(error: unknown): string {
  noteValues(error);
  return errorMessageOf(error);
}
