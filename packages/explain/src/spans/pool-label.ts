/** `orders` of `127.0.0.1:5432/orders`. */
export function poolLabel(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1) || name;
}
