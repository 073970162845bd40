export type Options = Record<string, string | number | null | undefined>;

/** Without empty options. */
export function withQuery(path: string, options: Options): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
