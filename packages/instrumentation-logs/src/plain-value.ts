const MAX_DEPTH = 8;
/** Of one line: also ends cycles that branch. */
const MAX_VALUES = 1_000;

/** Copies what a line has, as JSON would show it, for OTLP. Never throws, even for cyclic objects or throwing getters. */
export function plainObject(source: object): Record<string, unknown> {
  return objectOf(source, 0, { left: MAX_VALUES });
}

interface Budget {
  left: number;
}

function plain(value: unknown, depth: number, budget: Budget): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (depth > MAX_DEPTH || budget.left <= 0) return '[…]';
  if (value instanceof Error) return objectOf(errorOf(value), depth, budget);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return plain(toJSON.call(value), depth + 1, budget);
  if (!Array.isArray(value)) return objectOf(value, depth, budget);
  const items: unknown[] = [];
  for (let i = 0; i < value.length; i++) {
    if (budget.left-- <= 0) break;
    items.push(guarded(value, i, depth, budget) ?? null);
  }
  return items;
}

function objectOf(source: object, depth: number, budget: Budget): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source)) {
    if (budget.left-- <= 0) break;
    const value = guarded(source, key, depth, budget);
    if (value !== undefined) copy[key] = value;
  }
  return copy;
}

function guarded(owner: object, key: string | number, depth: number, budget: Budget): unknown {
  try {
    return plain((owner as Record<string | number, unknown>)[key], depth + 1, budget);
  } catch {
    return undefined;
  }
}

function errorOf(error: Error): object {
  const { name: type, message, stack } = error;
  return { ...error, type, message, stack };
}
