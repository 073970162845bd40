/** Names come from the application (`client.call(name)`): this many are remembered. */
const MAX_NAMES = 1_000;
/** And this many that are none of the commands below are told apart. */
const MAX_STRANGERS = 200;
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
/** What clients of clusters and sentinels ask for their own sake. */
const TOPOLOGY = words('ASKING CLUSTER READONLY SENTINEL');

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

/** What follows from a command's name. */
export interface Traits {
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

/** Of a name as a client writes it: `get`, `GET`. */
export function traitsOf(written: string): Traits {
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
