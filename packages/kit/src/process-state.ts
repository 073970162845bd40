/** Lines, most important first, such as `orders 10/10, 37 waiting`. */
export type StateSource = () => Iterable<string>;

const MOST_LINES = 20;

const sources = new Set<StateSource>();

/**
 * Offers lines on pools, breakers etc. for heartbeats, once a second.
 *
 * @returns ends it
 */
export function offerState(source: StateSource): () => void {
  sources.add(source);
  return () => void sources.delete(source);
}

let error = '';

/** The last error, for heartbeats, such as `GET /orders: TypeError, no such order`. */
export function noteError(text: string): void {
  error = text;
}

export function lastError(): string {
  return error;
}

/** Joined by `; `. */
export function processState(): string {
  const lines: string[] = [];
  for (const source of sources) {
    for (const line of source()) {
      lines.push(line);
      if (lines.length === MOST_LINES) return lines.join('; ');
    }
  }
  return lines.join('; ');
}
