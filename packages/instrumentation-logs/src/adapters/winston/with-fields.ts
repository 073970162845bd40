import type { LineFields } from '../../events.ts';
import { addMissing } from '../../missing-fields.ts';

/** A copy: the object may be the application's own, which it logs again in another trace or stores. */
export function withFields(object: object, fields: LineFields): object {
  const prototype = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return addMissing({ ...object }, fields);
  // An instance of another class may have private fields, which a copy lacks; a list has no names.
  return object instanceof Error ? addMissing(copyOf(object), fields) : object;
}

function copyOf(error: Error): Error {
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(error);
  const { stack } = properties;
  // In some versions of V8 an accessor, which works on the original only.
  if (stack) properties['stack'] = { value: error.stack, writable: true, configurable: true, enumerable: false };
  return Object.create(Object.getPrototypeOf(error), properties);
}
