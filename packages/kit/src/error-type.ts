import { noteValues, privateMessage } from './error-values.ts';

/** Longest `error.type`: codes and class names are short, anything longer is no class of errors. */
const MAX_LENGTH = 64;

/**
 * `error.type` of the semantic conventions for anything that can be thrown: the error's `code`
 * (`ECONNREFUSED`), else the name of its class (of a `DOMException` its own), else `_OTHER`. Never throws, whatever the object's getters do.
 */
export function errorTypeOf(error: unknown): string {
  try {
    if (typeof error === 'object' && error !== null) {
      const { code } = error as { code?: unknown };
      if (typeof code === 'string' && code !== '' && code.length <= MAX_LENGTH) return code;
      // Each error of the Web's interfaces is of one class, and named for what it is: `AbortError`.
      const name = error instanceof DOMException ? error.name : (error as object).constructor?.name;
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
    const message = messageOf(error);
    return (privateMessage(error, message) ?? message).slice(0, 256);
  } catch {
    return '';
  }
}

/** The same, whatever is in it: for those who asked for it, and to look for what is known. */
export function wholeMessageOf(error: unknown): string {
  try {
    return messageOf(error).slice(0, 256);
  } catch {
    return '';
  }
}

/**
 * The same for what a database, or its client, has failed with: without the values in it, here and wherever it gets to.
 *
 * @param shown what of its message may be shown; default: what stands before the first value
 */
export function privateMessageOf(error: unknown, shown?: string): string {
  try {
    noteValues(error, messageOf(error), shown);
  } catch {
    return '';
  }
  return errorMessageOf(error);
}

/**
 * What an application records of an exception, as it may be shown: its message, and of a stack trace whose head is a
 * message with data in it the frames alone.
 */
export function exceptionTextOf(exception: unknown, message: string | undefined, stack?: string): ExceptionText {
  const shown = typeof message === 'string' ? privateMessage(exception, message) : undefined;
  if (shown === undefined) return { message, stack };
  const frames = String(stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return { message: shown, stack: frames.join('\n') };
}

/** As it was given, or as it may be shown. */
interface ExceptionText {
  message: string | undefined;
  stack: string | undefined;
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : '';
}
