/** Stale; not revalidated, disconnected (RFC 7234, section 5.5). */
const STALE_WARNING = /(?:^|,) ?110 /;
const FAILED_WARNING = /(?:^|,) ?11[12] /;
/** Seconds past its time in which an old answer is normal (RFC 5861, section 3). */
const WHILE_REVALIDATING = /(?:^|,)\s*stale-while-revalidate\s*=\s*"?(\d+)/i;
const MAX_LENGTH = 1_000;

/**
 * Whether a cache on the way, or the application's own, says that its answer is old, but not by
 * `stale-while-revalidate`.
 *
 * @param rawHeaders names and values, alternating: texts or bytes; others are none
 */
export function saysStale(rawHeaders: unknown): boolean {
  if (!Array.isArray(rawHeaders)) return false;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    // All headers of all answers: compared by length first.
    const { length } = rawHeaders[i] as string;
    if (length === 7 && isNamed(rawHeaders[i], 'warning')) {
      const warning = textOf(rawHeaders[i + 1]);
      if (FAILED_WARNING.test(warning)) return true;
      if (STALE_WARNING.test(warning) && !mayBeOld(rawHeaders, 0)) return true;
    } else if (length === 12 && isNamed(rawHeaders[i], 'cache-status')) {
      const caches = textOf(rawHeaders[i + 1])
        .replaceAll(/"[^"]*"/g, '')
        .split(',');
      if (caches.some((cache) => isStaleHit(cache, rawHeaders))) return true;
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
function isStaleHit(cache: string, rawHeaders: readonly unknown[]): boolean {
  const parameters = cache.split(';').map((each) => each.trim());
  const ttl = parameters.find((each) => each.startsWith('ttl=-'));
  return ttl !== undefined && parameters.includes('hit') && !mayBeOld(rawHeaders, Number(ttl.slice(5)));
}

/** Its cache asks for a new one meanwhile. */
function mayBeOld(rawHeaders: readonly unknown[], seconds: number): boolean {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (!/^(?:cdn-)?cache-control$/i.test(String(rawHeaders[i]))) continue;
    const found = WHILE_REVALIDATING.exec(textOf(rawHeaders[i + 1]));
    if (found && seconds <= Number(found[1])) return true;
  }
  return false;
}
