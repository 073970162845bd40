/** A service, or a resource that it uses. Numbers of texts, 0 = none. */
export interface Place {
  service: number;
  resource: number;
}

export function placeKey({ service, resource }: Place): number {
  return service * 2 ** 24 + resource;
}
