const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);

/** The semantic conventions' methods, else `_OTHER`. */
export function knownMethod(method: string): string {
  return KNOWN.has(method) ? method : '_OTHER';
}

/** The span's name without a route, and its first word. */
export function methodInName(known: string): string {
  return known === '_OTHER' ? 'HTTP' : known;
}
