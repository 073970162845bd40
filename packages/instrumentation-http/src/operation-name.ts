/** Clients name operations: others have their type only. */
const MAX_NAMES = 200;
const MAX_LENGTH = 64;

const names = new Set<string>();

/** `query Orders`, for a span's name. */
export function operationInName(type: string, name: string | undefined): string {
  if (name === undefined || name.length > MAX_LENGTH) return type;
  if (!names.has(name)) {
    if (names.size >= MAX_NAMES) return type;
    names.add(name);
  }
  return `${type} ${name}`;
}
