export type Path = string | RegExp;

export function pathsOf(path: unknown): Path[] {
  if (Array.isArray(path)) return path.flatMap(pathsOf);
  return [path instanceof RegExp ? path : String(path ?? '/')];
}

export function join(place: string, path: string): string {
  if (path === '/' || path === '') return place;
  return place + (path.startsWith('/') ? path : `/${path}`);
}

export function matches(pattern: Path, url: string): boolean {
  // `g` and `y` are stateful.
  if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.ignoreCase ? 'i' : '').test(url || '/');
  const given = segmentsOf(url);
  return lengthOf(pattern, given) === given.length;
}

/** Leading segments matched; undefined if none. */
export function lengthOf(pattern: string, given: readonly string[]): number | undefined {
  const wanted = segmentsOf(pattern);
  for (let i = 0; i < wanted.length; i++) {
    const segment = wanted[i]!;
    if (/^\{?\/?\*|^\(/.test(segment)) return given.length;
    const isPlain = !/[:*{(?+]/.test(segment);
    if (given[i] === undefined) return segment.endsWith('?') || segment.endsWith('}') ? given.length : undefined;
    if (isPlain && segment.toLowerCase() !== given[i]!.toLowerCase()) return undefined;
  }
  return wanted.length;
}

export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}
