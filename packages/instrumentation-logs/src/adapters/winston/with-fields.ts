import { returning, type AnyFunction } from '@foreshock/kit';
import type { LineFields } from '../../line-fields.ts';
import { addMissing } from '../../missing-fields.ts';
import { copyOf } from './copied-error.ts';

/** A copy: the application may log or store its own object again. */
export function withFields(object: object, fields: LineFields): object {
  const prototype = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return addMissing({ ...object }, fields);
  // A copy lacks another class's private fields; a list has no names.
  if (!(object instanceof Error)) return object;
  const copy = addMissing(copyOf(object), fields) as Error & { toJSON?: unknown };
  if (typeof copy.toJSON === 'function') {
    Object.defineProperty(copy, 'toJSON', {
      value: returning(
        copy.toJSON as AnyFunction,
        (json) => (isObject(json) ? withFields(json, fields) : json),
        'winston',
      ),
    });
  }
  return copy;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
