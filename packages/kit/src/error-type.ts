import { noteValues, privateMessage } from './error-values.ts';

/** Frames are at a stack's end, behind the message. */
const MAX_FRAMES_LENGTH = 32_768;
/** Longer text is no class. */
const MAX_LENGTH = 64;

/** `error.type` of the semantic conventions: `code` (`ECONNREFUSED`), else class name, else `_OTHER`. Never throws. */
export function errorTypeOf(error: unknown): string {
  try {
    if (typeof error === 'object' && error !== null) {
      const { code } = error as { code?: unknown };
      if (typeof code === 'string' && code !== '' && code.length <= MAX_LENGTH) return code;
      // Web errors differ only in `name`: `AbortError`.
      const name = error instanceof DOMException ? error.name : (error as object).constructor?.name;
      if (typeof name === 'string' && name !== '' && name !== 'Object' && name.length <= MAX_LENGTH) return name;
    }
  } catch {
    // A getter threw.
  }
  return '_OTHER';
}

/** For a span's status: at most 256 characters, without database values ({@link privateMessageOf}). */
export function errorMessageOf(error: unknown): string {
  try {
    const message = messageOf(error);
    return (privateMessage(error, message) ?? message).slice(0, 256);
  } catch {
    return '';
  }
}

/** {@link errorMessageOf} with values. */
export function wholeMessageOf(error: unknown): string {
  try {
    return messageOf(error).slice(0, 256);
  } catch {
    return '';
  }
}

/**
 * {@link errorMessageOf} for a database error, also in errors that carry it.
 *
 * @param shown default: up to the first value
 */
export function privateMessageOf(error: unknown, shown?: string): string {
  try {
    noteValues(error, messageOf(error), shown);
  } catch {
    return '';
  }
  return errorMessageOf(error);
}

/** An exception's public message; reduces a stack to its frames if it holds values. */
export function exceptionTextOf(exception: unknown, message: string | undefined, stack?: string): ExceptionText {
  const shown = typeof message === 'string' ? privateMessage(exception, message) : undefined;
  if (shown === undefined) return { message, stack };
  const frames = String(stack ?? '')
    .slice(-MAX_FRAMES_LENGTH)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return { message: shown, stack: frames.join('\n') };
}

interface ExceptionText {
  message: string | undefined;
  stack: string | undefined;
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : '';
}
