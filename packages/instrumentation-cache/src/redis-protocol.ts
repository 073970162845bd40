import type { CommandDescription, KeyAccess } from './events.ts';
import { keyAccess } from './key-access.ts';
import { traitsOf, type Traits } from './redis-commands.ts';

/** In characters. */
const MAX_KEY = 1_024;

export class RedisCommand implements CommandDescription {
  readonly key: string | undefined;
  readonly entry: string | undefined;
  readonly keyPrefix: string | undefined;
  readonly blocks: boolean;
  readonly #traits: Traits;
  readonly #args: readonly unknown[];
  readonly #count: number;

  /** @param first 1 if `args` includes the name */
  constructor(name: unknown, args: readonly unknown[], first: 0 | 1, keyPrefix?: string) {
    const traits = traitsOf(textOf(name) ?? '');
    let keyAt = traits.keyed ? first : -1;
    if (traits.script && Number(args[first + 1]) > 0) keyAt = first + 2;
    this.key = keyAt < 0 ? undefined : textOf(args[keyAt]);
    this.entry = traits.field ? `${this.key}\0${textOf(args[keyAt + 1])}` : this.key;
    this.keyPrefix = keyPrefix;
    this.blocks = traits.blocks ?? blocksByOption(args);
    this.#traits = traits;
    this.#args = args;
    this.#count = args.length - first;
  }

  get operation(): string {
    return this.#traits.operation;
  }

  get hasMore(): boolean {
    return this.#count > (this.key === undefined ? 0 : 1);
  }

  get lookups(): number {
    const { lookup, operation } = this.#traits;
    return lookup ? keysOf(operation, this.#count) : 0;
  }

  /** Of one key only. */
  get access(): KeyAccess | undefined {
    if (this.key === undefined) return undefined;
    return keyAccess(this.operation, this.#args.slice(this.#args.length - this.#count));
  }

  get fills(): boolean {
    return this.#traits.fills;
  }

  get keepsAlive(): boolean {
    return this.#traits.operation === 'PING';
  }

  get isTopology(): boolean {
    return this.#traits.topology;
  }

  hitsIn(reply: unknown): number | undefined {
    // Inside MULTI.
    if (isQueued(reply)) return undefined;
    switch (this.#traits.lookup) {
      case 'value':
        return isNothing(reply) ? 0 : 1;
      case 'values':
        return Array.isArray(reply)
          ? reply.reduce<number>((hits, one) => (isNothing(one) ? hits : hits + 1), 0)
          : undefined;
      case 'collection':
        return isNothing(reply) || sizeOf(reply) === 0 ? 0 : 1;
      default:
        return undefined;
    }
  }
}

function textOf(word: unknown): string | undefined {
  if (typeof word === 'string') return word.length <= MAX_KEY ? word : word.slice(0, MAX_KEY);
  if (Buffer.isBuffer(word)) return word.toString('latin1', 0, Math.min(word.length, MAX_KEY));
  return typeof word === 'number' ? String(word) : undefined;
}

function keysOf(operation: string, count: number): number {
  if (operation === 'MGET') return count;
  // Without HMGET's key or JSON.MGET's path.
  return operation === 'HMGET' || operation === 'JSON.MGET' ? Math.max(count - 1, 0) : 1;
}

function blocksByOption(args: readonly unknown[]): boolean {
  for (let i = 0; i < Math.min(args.length, 10); i++) {
    const word = args[i];
    if (typeof word === 'string' && word.length === 5 && word.toUpperCase() === 'BLOCK') return true;
  }
  return false;
}

function isNothing(reply: unknown): boolean {
  return reply === null || reply === undefined;
}

function isQueued(reply: unknown): boolean {
  return reply === 'QUEUED' || (Buffer.isBuffer(reply) && reply.length === 6 && reply.toString('latin1') === 'QUEUED');
}

function sizeOf(reply: unknown): number {
  if (Array.isArray(reply)) return reply.length;
  if (reply instanceof Map || reply instanceof Set) return reply.size;
  if (typeof reply !== 'object') return 1;
  for (const field in reply) if (Object.hasOwn(reply as object, field)) return 1;
  return 0;
}
