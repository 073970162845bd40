const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);

/** The semantic conventions', else `_OTHER`. */
export function knownMethod(method: string): string {
  return KNOWN.has(method) ? method : '_OTHER';
}

/** A span's name without route, else its first word. */
export function methodInName(known: string): string {
  return known === '_OTHER' ? 'HTTP' : known;
}
