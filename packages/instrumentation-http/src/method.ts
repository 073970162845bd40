const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);

/** `http.request.method`: a method the semantic conventions know, else `_OTHER`; strangers invent methods. */
export function knownMethod(method: string): string {
  return KNOWN.has(method) ? method : '_OTHER';
}

/** What a span is called before its route is known, and the first word of its name after. */
export function methodInName(known: string): string {
  return known === '_OTHER' ? 'HTTP' : known;
}
