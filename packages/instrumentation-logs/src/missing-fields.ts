import type { LineFields } from './line-fields.ts';

/** Adds what the line lacks; returns it. */
export function addMissing<T extends object>(line: T, fields: LineFields): T {
  for (const [key, value] of Object.entries(fields)) {
    if (!Object.hasOwn(line, key)) (line as Record<string, unknown>)[key] = value;
  }
  return line;
}
