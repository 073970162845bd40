const SEEN = Symbol.for('foreshock.scopes');

// Process-wide, as `onModuleLoad`: the preload's provider and an imported span processor write to one set.
const seen: Set<string> = ((globalThis as any)[SEEN] ??= new Set());

/** Remembers that an instrumentation of this name makes spans in this process. */
export function noteScope(name: string): void {
  if (seen.size < 1_000) seen.add(name);
}

/** Grows when a new scope is noted, so that a cached answer knows when to ask again. */
export function scopesNoted(): number {
  return seen.size;
}

/**
 * Whether one of the named instrumentations is active on this provider: it asked for a tracer, or a
 * span of its has passed our span processor.
 *
 * SDK 2.x and 3.x keep their tracers in a private map `_tracers` with keys `name@version:schema`;
 * a provider without one simply answers later, with the first span.
 */
export function isUpstreamActive(names: readonly string[], provider: unknown): boolean {
  if (names.length === 0) return false;
  if (names.some((name) => seen.has(name))) return true;
  const delegate = (provider as { getDelegate?: () => unknown } | undefined)?.getDelegate?.() ?? provider;
  const tracers = (delegate as { _tracers?: unknown } | undefined)?._tracers;
  if (!(tracers instanceof Map)) return false;
  for (const key of tracers.keys()) {
    if (names.some((name) => String(key).startsWith(`${name}@`))) return true;
  }
  return false;
}
