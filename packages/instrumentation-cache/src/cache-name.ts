/** The library's name for its own class, which may be minified; a subclass's own. */
export function cacheName(cache: object, libraryClass: unknown, library: string): string {
  const { constructor } = cache as { constructor?: { name?: unknown } };
  return constructor === libraryClass || typeof constructor?.name !== 'string' ? library : constructor.name;
}
