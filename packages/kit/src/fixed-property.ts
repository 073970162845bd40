/** A copy with another value where a property cannot be set, as a bundler's getters; neither can the copy's. */
export function withFixed<T extends object>(owner: T, name: PropertyKey, value: unknown): T {
  const properties = Object.getOwnPropertyDescriptors(owner);
  return Object.create(Object.getPrototypeOf(owner), { ...properties, [name]: { value, enumerable: true } }) as T;
}
