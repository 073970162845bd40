import { guard } from './guard.ts';

/**
 * Calls `listener` once a property becomes truthy, after earlier listeners. For fields that alone show what a library
 * does; only for few objects.
 */
export function whenAssigned(owner: object, name: PropertyKey, place: string, listener: () => void): void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  let value: unknown = before?.value;
  Object.defineProperty(owner, name, {
    configurable: true,
    enumerable: true,
    get: before?.get ?? (() => value),
    set(next: unknown) {
      if (before?.set) before.set.call(owner, next);
      else value = next;
      if (!next) return;
      Object.defineProperty(owner, name, { configurable: true, enumerable: true, writable: true, value: next });
      guard(place, listener);
    },
  });
}
