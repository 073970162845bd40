/** A service, or its resource, as numbers of texts; 0: none. */
export interface Place {
  service: number;
  resource: number;
  /** Of a pool: of new connections, which nobody holds. */
  isOpening?: true;
}

export function placeKey({ service, resource, isOpening }: Place): number {
  return (isOpening ? 2 ** 48 : 0) + service * 2 ** 24 + resource;
}
