import type { BatchReply, CommandDescription } from './events.ts';

/** Names come from the application (`client.call(name)`): this many are remembered. */
const MAX_NAMES = 1_000;
/** And this many that are none of the commands below are told apart. */
const MAX_STRANGERS = 200;
/** Of longer keys this much is looked at. */
const MAX_KEY = 1_024;

const words = (text: string): Set<string> => new Set(text.trim().split(/\s+/));

/** Commands whose first argument is a key. Of any other the first argument may be a password or a value. */
const KEYED = words(`
  APPEND BITCOUNT BITFIELD BITFIELD_RO BITPOS BLMOVE BLPOP BRPOP BRPOPLPUSH BZPOPMAX BZPOPMIN COPY DECR DECRBY DEL DUMP
  EXISTS EXPIRE EXPIREAT EXPIRETIME GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEOSEARCH GEOSEARCHSTORE
  GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HEXPIRE HEXPIREAT HGET HGETALL HGETDEL HGETEX HINCRBY
  HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPTTL HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN
  HTTL HVALS INCR INCRBY INCRBYFLOAT LCS LINDEX LINSERT LLEN LMOVE LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MGET
  MOVE MSET MSETNX PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFMERGE PSETEX PTTL RENAME RENAMENX RESTORE RPOP
  RPOPLPUSH RPUSH RPUSHX SADD SCARD SDIFF SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE SINTER SINTERSTORE SISMEMBER
  SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPOP SRANDMEMBER SREM SSCAN STRLEN SUBSTR SUNION SUNIONSTORE TOUCH TTL TYPE
  UNLINK WATCH XACK XADD XAUTOCLAIM XCLAIM XDEL XLEN XPENDING XRANGE XREVRANGE XTRIM ZADD ZCARD ZCOUNT ZDIFFSTORE
  ZINCRBY ZINTERSTORE ZLEXCOUNT ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK
  ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE
  ZUNIONSTORE JSON.ARRAPPEND JSON.ARRINDEX JSON.ARRINSERT JSON.ARRLEN JSON.ARRPOP JSON.ARRTRIM JSON.CLEAR JSON.DEL
  JSON.FORGET JSON.GET JSON.MERGE JSON.MGET JSON.MSET JSON.NUMINCRBY JSON.OBJKEYS JSON.OBJLEN JSON.SET JSON.STRAPPEND
  JSON.STRLEN JSON.TOGGLE JSON.TYPE`);
/** The script or function first, then the number of keys, then the keys. */
const SCRIPTS = words('EVAL EVAL_RO EVALSHA EVALSHA_RO FCALL FCALL_RO');
const FILLS = words('SET SETEX PSETEX SETNX GETSET HSET HMSET HSETNX HSETEX JSON.SET SADD');
/** What they are about is a field behind the key. */
const FIELDS = words('HGET HSET HSETNX');
const BLOCKS = words('BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP');
/** They block only if told so: `XREAD COUNT 10 BLOCK 5000 STREAMS …`. */
const MAY_BLOCK = words('XREAD XREADGROUP');

/** Common ones that have no key in the first place. */
const KEYLESS = words(`
  AUTH BITOP CLIENT COMMAND CONFIG DBSIZE DISCARD ECHO EXEC FLUSHALL FLUSHDB FUNCTION HELLO INFO KEYS LMPOP MEMORY MULTI
  OBJECT PING PSUBSCRIBE PUBLISH PUNSUBSCRIBE QUIT RANDOMKEY SCAN SCRIPT SELECT SPUBLISH SSUBSCRIBE SUBSCRIBE
  SUNSUBSCRIBE TIME UNSUBSCRIBE UNWATCH WAIT XGROUP XINFO ZDIFF ZINTER ZMPOP ZUNION`);
/** What a cluster's client asks for its own sake. */
const TOPOLOGY = words('ASKING CLUSTER READONLY');

/** Which replies are lookups. Ranges and scores are none: their absence is no miss. */
const LOOKUPS: Record<string, 'value' | 'values' | 'collection'> = {
  GET: 'value',
  GETEX: 'value',
  GETDEL: 'value',
  HGET: 'value',
  'JSON.GET': 'value',
  MGET: 'values',
  HMGET: 'values',
  'JSON.MGET': 'values',
  HGETALL: 'collection',
  SMEMBERS: 'collection',
};

interface Traits {
  readonly operation: string;
  readonly keyed: boolean;
  readonly script: boolean;
  readonly fills: boolean;
  readonly blocks: boolean | undefined;
  readonly topology: boolean;
  readonly field: boolean;
  readonly lookup: 'value' | 'values' | 'collection' | undefined;
}

/** By name, as clients write them. */
const known = new Map<string, Traits>();
let strangers = 0;

/** A name as a client writes it (`get`, `GET`), and all that follows from it. */
function traitsOf(name: unknown): Traits {
  const written = textOf(name) ?? '';
  const found = known.get(written);
  if (found) return found;
  const traits = makeTraits(/^[\w.-]{1,32}$/.test(written) ? written.toUpperCase() : '_OTHER');
  if (known.size < MAX_NAMES) known.set(written, traits);
  return traits;
}

function makeTraits(name: string): Traits {
  const familiar = [KEYED, KEYLESS, SCRIPTS, BLOCKS, MAY_BLOCK, TOPOLOGY].some((set) => set.has(name));
  const operation = familiar || strangers++ < MAX_STRANGERS ? name : '_OTHER';
  return {
    operation,
    keyed: KEYED.has(operation),
    script: SCRIPTS.has(operation),
    fills: FILLS.has(operation),
    blocks: BLOCKS.has(operation) ? true : MAY_BLOCK.has(operation) ? undefined : false,
    topology: TOPOLOGY.has(operation),
    field: FIELDS.has(operation),
    lookup: Object.hasOwn(LOOKUPS, operation) ? LOOKUPS[operation] : undefined,
  };
}

/** One command of the Redis protocol, whichever client sends it. */
export class RedisCommand implements CommandDescription {
  readonly key: string | undefined;
  readonly entry: string | undefined;
  readonly keyPrefix: string | undefined;
  readonly blocks: boolean;
  readonly #traits: Traits;
  /** Arguments, without the name. */
  readonly #count: number;

  /**
   * @param args its arguments, flat
   * @param first where they begin: 1 if the name is among them
   */
  constructor(name: unknown, args: readonly unknown[], first: 0 | 1, keyPrefix?: string) {
    const traits = traitsOf(name);
    let keyAt = traits.keyed ? first : -1;
    if (traits.script && Number(args[first + 1]) > 0) keyAt = first + 2;
    this.key = keyAt < 0 ? undefined : textOf(args[keyAt]);
    this.entry = traits.field ? `${this.key}\0${textOf(args[keyAt + 1])}` : this.key;
    this.keyPrefix = keyPrefix;
    this.blocks = traits.blocks ?? blocksByOption(args);
    this.#traits = traits;
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

  get fills(): boolean {
    return this.#traits.fills;
  }

  /** It is about the cluster, not about what is in it. */
  get isTopology(): boolean {
    return this.#traits.topology;
  }

  hitsIn(reply: unknown): number | undefined {
    // Inside MULTI the server has not looked yet.
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

/** What the replies to several commands say together; they lie beside each other. */
export function batchReply(commands: readonly RedisCommand[], replies: readonly unknown[]): BatchReply {
  const sum: BatchReply = { lookups: 0, hits: 0 };
  for (const [i, command] of commands.entries()) {
    const reply = replies[i];
    if (reply instanceof Error) {
      sum.error ??= reply;
      continue;
    }
    const hits = command.lookups > 0 ? command.hitsIn(reply) : undefined;
    if (hits === undefined) continue;
    sum.lookups += command.lookups;
    sum.hits += hits;
  }
  return sum;
}

/** A word of a command: a text, bytes, or a number. */
function textOf(word: unknown): string | undefined {
  if (typeof word === 'string') return word.length <= MAX_KEY ? word : word.slice(0, MAX_KEY);
  if (Buffer.isBuffer(word)) return word.toString('latin1', 0, Math.min(word.length, MAX_KEY));
  return typeof word === 'number' ? String(word) : undefined;
}

function keysOf(operation: string, count: number): number {
  if (operation === 'MGET') return count;
  // The key before the fields, the path behind the keys.
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
