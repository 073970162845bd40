/** Something that can be a cause: a service, or something that a service uses. Both are numbers of texts, 0 = none. */
export interface Place {
  service: number;
  resource: number;
}

/** One key for a place. */
export function placeKey({ service, resource }: Place): number {
  return service * 2 ** 24 + resource;
}
