/** Stale, not revalidated, disconnected (RFC 7234, section 5.5). */
const STALE_WARNING = /(?:^|,) ?11[012] /;
const MAX_LENGTH = 1_000;

/**
 * Whether a cache on the way, or the application's own, says that its answer is old.
 *
 * @param rawHeaders names and values, alternating: texts or bytes; others are none
 */
export function saysStale(rawHeaders: unknown): boolean {
  if (!Array.isArray(rawHeaders)) return false;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    // All headers of all answers: compared by length first.
    const { length } = rawHeaders[i] as string;
    if (length === 7 && isNamed(rawHeaders[i], 'warning')) {
      if (STALE_WARNING.test(textOf(rawHeaders[i + 1]))) return true;
    } else if (length === 12 && isNamed(rawHeaders[i], 'cache-status')) {
      if (
        textOf(rawHeaders[i + 1])
          .replaceAll(/"[^"]*"/g, '')
          .split(',')
          .some(isStaleHit)
      )
        return true;
    }
  }
  return false;
}

function isNamed(name: unknown, expected: string): boolean {
  return String(name).toLowerCase() === expected;
}

function textOf(value: unknown): string {
  return String(value).slice(0, MAX_LENGTH);
}

/** Used without asking, past its time (RFC 9211, sections 2.1 and 2.3). */
function isStaleHit(cache: string): boolean {
  const parameters = cache.split(';').map((each) => each.trim());
  return parameters.includes('hit') && parameters.some((each) => each.startsWith('ttl=-'));
}
