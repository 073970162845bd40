import { BoundedNames } from './bounded-names.ts';

const names = new BoundedNames();

/** `query Orders`, for a span's name. */
export function operationInName(type: string, name: string | undefined): string {
  return name !== undefined && names.admits(name) ? `${type} ${name}` : type;
}
