import type { BatchReply, CommandDescription } from './events.ts';

/** Names come from the application (`client.call(name)`): this many are remembered, and told apart. */
const MAX_NAMES = 500;
/** A key longer than this is not looked at as a whole. */
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
const BLOCKS = words('BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP');
/** They block only if told so: `XREAD COUNT 10 BLOCK 5000 STREAMS …`. */
const MAY_BLOCK = words('XREAD XREADGROUP');

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
  readonly lookup: 'value' | 'values' | 'collection' | undefined;
}

const known = new Map<string, Traits>();

/** A name as a client writes it (`get`, `GET`), and all that follows from it. */
function traitsOf(name: unknown): Traits {
  const written = typeof name === 'string' ? name : String(name).slice(0, 64);
  const found = known.get(written);
  if (found) return found;
  const legal = /^[\w.-]{1,32}$/.test(written);
  const operation = legal && known.size < MAX_NAMES ? written.toUpperCase() : '_OTHER';
  const traits: Traits = {
    operation,
    keyed: KEYED.has(operation),
    script: SCRIPTS.has(operation),
    fills: FILLS.has(operation),
    blocks: BLOCKS.has(operation) ? true : MAY_BLOCK.has(operation) ? undefined : false,
    lookup: Object.hasOwn(LOOKUPS, operation) ? LOOKUPS[operation] : undefined,
  };
  if (operation !== '_OTHER') known.set(written, traits);
  return traits;
}

/** One command of the Redis protocol, whichever client sends it. */
export class RedisCommand implements CommandDescription {
  readonly operation: string;
  readonly key: string | undefined;
  readonly keyPrefix: string | undefined;
  readonly hasMore: boolean;
  readonly lookups: number;
  readonly fills: boolean;
  readonly blocks: boolean;
  readonly #lookup: Traits['lookup'];

  /**
   * @param args its arguments, flat
   * @param first where they begin: 1 if the name is among them
   */
  constructor(name: unknown, args: readonly unknown[], first: 0 | 1, keyPrefix?: string) {
    const traits = traitsOf(name);
    const count = args.length - first;
    let keyAt = traits.keyed ? first : -1;
    if (traits.script && Number(args[first + 1]) > 0) keyAt = first + 2;
    this.operation = traits.operation;
    this.key = keyAt < 0 ? undefined : keyText(args[keyAt]);
    this.keyPrefix = keyPrefix;
    this.hasMore = count > (this.key === undefined ? 0 : 1);
    this.fills = traits.fills;
    this.blocks = traits.blocks ?? blocksByOption(args);
    this.#lookup = traits.lookup;
    this.lookups = traits.lookup ? keysOf(traits.operation, count) : 0;
  }

  hitsIn(reply: unknown): number | undefined {
    // Inside MULTI the server has not looked yet.
    if (isQueued(reply)) return undefined;
    switch (this.#lookup) {
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

function keyText(key: unknown): string | undefined {
  if (typeof key === 'string') return key.length <= MAX_KEY ? key : key.slice(0, MAX_KEY);
  if (Buffer.isBuffer(key)) return key.toString('latin1', 0, Math.min(key.length, MAX_KEY));
  return typeof key === 'number' ? String(key) : undefined;
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
