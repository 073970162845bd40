function isHostName(text: string): boolean {
  return /^[a-z0-9_](?:[a-z0-9._-]{0,252})$/.test(text) || /^\[[0-9a-f:.]{2,45}\]$/.test(text);
}

/** `host`, `host:port`, `[::1]:port` or bare IPv6, lower-cased; undefined if invalid. */
function splitPort(host: string): { name: string; port: string } | undefined {
  const text = host.toLowerCase();
  const colon = text.lastIndexOf(':');
  const bare = colon > text.indexOf(':') && !text.startsWith('[');
  const hasPort = colon > text.lastIndexOf(']') && !bare;
  const port = hasPort ? text.slice(colon + 1) : '';
  let name = hasPort ? text.slice(0, colon) : text;
  if (bare) name = `[${name}]`;
  if (name.endsWith('.')) name = name.slice(0, -1);
  if (!isHostName(name) || (hasPort && !/^[0-9]{1,5}$/.test(port))) return undefined;
  return { name, port };
}

/**
 * Whether a host may receive our headers.
 *
 * @param host with the port, if any
 * @param patterns `api.example.com`, `api.example.com:8443`, `*.example.com`, `*`; undefined: all, empty: none
 */
export function mayPropagateTo(host: string, patterns: readonly string[] | undefined): boolean {
  if (patterns === undefined) return true;
  const target = splitPort(host);
  return target !== undefined && patterns.some((pattern) => matches(target, pattern));
}

function matches(target: { name: string; port: string }, pattern: string): boolean {
  if (pattern === '*') return true;
  const below = pattern.startsWith('*.');
  const wanted = splitPort(below ? pattern.slice(2) : pattern);
  if (!wanted || (wanted.port !== '' && wanted.port !== target.port)) return false;
  return below ? target.name.endsWith(`.${wanted.name}`) : target.name === wanted.name;
}

export function hostPatternsFrom(texts: readonly string[]): { patterns: string[]; invalid: string[] } {
  const patterns: string[] = [];
  const invalid: string[] = [];
  for (const text of texts) {
    const pattern = text.trim().toLowerCase();
    const understood =
      pattern === '*' || splitPort(pattern.startsWith('*.') ? pattern.slice(2) : pattern) !== undefined;
    (understood ? patterns : invalid).push(understood ? pattern : text);
  }
  return { patterns, invalid };
}
