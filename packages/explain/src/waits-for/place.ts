/** A service, or its resource, as numbers of texts; 0: none. */
export interface Place {
  service: number;
  resource: number;
}

export function placeKey({ service, resource }: Place): number {
  return service * 2 ** 24 + resource;
}
