import type { ServerErrors } from '@foreshock/kit';
import type { CommandDescription } from '../../events.ts';

const NOT_FOUND = 1;
const EXISTS = 2;

/** By opcode; `answer`: a status that memjs takes for no error. */
const COMMANDS: Record<number, { operation: string; answer?: number; fills?: boolean }> = {
  0x00: { operation: 'GET', answer: NOT_FOUND },
  0x01: { operation: 'SET', fills: true },
  0x02: { operation: 'ADD', answer: EXISTS, fills: true },
  0x03: { operation: 'REPLACE', answer: NOT_FOUND, fills: true },
  0x04: { operation: 'DELETE', answer: NOT_FOUND },
  0x05: { operation: 'INCREMENT' },
  0x06: { operation: 'DECREMENT' },
  0x0e: { operation: 'APPEND', answer: NOT_FOUND },
  0x0f: { operation: 'PREPEND', answer: NOT_FOUND },
  0x1c: { operation: 'TOUCH', answer: NOT_FOUND },
};

export class MemcachedCommand implements CommandDescription {
  readonly operation: string;
  readonly key: string;
  readonly entry: string;
  readonly keyPrefix = undefined;
  readonly hasMore: boolean;
  readonly lookups: number;
  readonly fills: boolean;
  readonly blocks = false;
  readonly keepsAlive = false;
  readonly #answer: number | undefined;

  constructor(opcode: number, key: string) {
    const { operation, answer, fills = false } = COMMANDS[opcode] ?? { operation: '_OTHER' };
    this.operation = operation;
    this.key = key;
    this.entry = key;
    this.hasMore = operation !== 'GET' && operation !== 'DELETE';
    this.lookups = operation === 'GET' ? 1 : 0;
    this.fills = fills;
    this.#answer = answer;
  }

  isAnswer(status: number): boolean {
    return status === 0 || status === this.#answer;
  }

  hitsIn(status: unknown): number | undefined {
    return this.lookups === 0 ? undefined : Number(status === 0);
  }
}

export class MemcachedError extends Error {
  readonly status: string;

  constructor(status: number) {
    super(`Memcached status ${status}`);
    this.status = String(status);
  }
}

export const ERRORS: ServerErrors = {
  statusOf: (error) => (error instanceof MemcachedError ? error.status : undefined),
  shownOf: (error) => (error instanceof MemcachedError ? error.message : undefined),
};
