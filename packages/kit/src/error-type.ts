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

/** The error's message for a span's status, at most 256 characters; empty when it has none. */
export function errorMessageOf(error: unknown): string {
  try {
    const message = (error as { message?: unknown } | null | undefined)?.message;
    return typeof message === 'string' ? message.slice(0, 256) : '';
  } catch {
    return '';
  }
}
