const SEEN = Symbol.for('foreshock.scopes');

// Process-wide: the preload's provider and imported span processors write to it.
const seen: Set<string> = ((globalThis as any)[SEEN] ??= new Set());

export function noteScope(name: string): void {
  if (seen.size < 1_000) seen.add(name);
}

/** Changes with new scopes, invalidating cached answers. */
export function scopesNoted(): number {
  return seen.size;
}

/** It requested a tracer, or our processor saw its span. SDK 2.x and 3.x keep tracers in a private map `_tracers`. */
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
