/** A library's own class is known by the library's name, as its own may be minified; a subclass by its own. */
export function cacheName(cache: object, libraryClass: unknown, library: string): string {
  const { constructor } = cache as { constructor?: { name?: unknown } };
  return constructor === libraryClass || typeof constructor?.name !== 'string' ? library : constructor.name;
}
