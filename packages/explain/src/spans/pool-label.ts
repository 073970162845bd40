/** A pool as people call it: `127.0.0.1:5432/orders` is `orders`. */
export function poolLabel(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1) || name;
}
