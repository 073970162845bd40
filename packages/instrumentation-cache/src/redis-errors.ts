import { wholeMessageOf, type ServerErrors } from '@foreshock/kit';

/** Redis' own messages, up to a possible value (src/server.c, src/networking.c, src/t_*.c). */
const PHRASES: Record<string, readonly string[]> = {
  ERR: [
    'unknown command',
    'unknown subcommand',
    'wrong number of arguments',
    'syntax error',
    'no such key',
    'index out of range',
    'value is not an integer or out of range',
    'value is not a valid float',
    'value is out of range',
    'hash value is not an integer',
    'hash value is not a float',
    'increment or decrement would overflow',
    'increment would produce NaN or Infinity',
    'offset is out of range',
    'string exceeds maximum allowed size',
    'bit offset is not an integer or out of range',
    'min or max is not a float',
    'min or max not valid string range item',
    'timeout is not a float or out of range',
    'timeout is negative',
    'invalid expire time',
    'invalid cursor',
    'DB index is out of range',
    'invalid DB index',
    'source and destination objects are the same',
    'The ID specified in XADD is equal or smaller than the target stream top item',
    'Invalid stream ID specified as stream command argument',
    'Unbalanced',
    'EXEC without MULTI',
    'DISCARD without MULTI',
    'MULTI calls can not be nested',
    'WATCH inside MULTI is not allowed',
    'Number of keys',
    'Error running script',
    'Error compiling script',
    'max number of clients reached',
    'Protocol error',
    'Client sent AUTH, but no password is set',
    'This instance has cluster support disabled',
    'SELECT is not allowed in cluster mode',
    'command not allowed',
  ],
  BUSY: ['Redis is busy running a script.'],
  BUSYGROUP: ['Consumer Group name already exists'],
  BUSYKEY: ['Target key name already exists.'],
  CLUSTERDOWN: ['The cluster is down', 'Hash slot not served'],
  CROSSSLOT: ["Keys in request don't hash to the same slot"],
  EXECABORT: ['Transaction discarded because of previous errors.'],
  LOADING: ['Redis is loading the dataset in memory'],
  MASTERDOWN: ['Link with MASTER is down'],
  MISCONF: ['Redis is configured to save RDB snapshots', 'Errors writing to the AOF file'],
  NOAUTH: ['Authentication required.'],
  NOGROUP: ['No such key', 'No such consumer group'],
  NOPERM: ['this user has no permissions', 'No permissions'],
  NOREPLICAS: ['Not enough good replicas to write.'],
  NOSCRIPT: ['No matching script.', 'No matching script'],
  OOM: ['command not allowed when used memory'],
  READONLY: ["You can't write against a read only replica"],
  TRYAGAIN: ['Multiple keys request during rehashing of slot'],
  UNBLOCKED: ['client unblocked via CLIENT UNBLOCK', 'the stream key no longer exists'],
  WRONGPASS: ['invalid username-password pair or user is disabled.'],
  WRONGTYPE: ['Operation against a key holding the wrong kind of value'],
};

/** ioredis (package redis-errors), node-redis (dist/lib/errors.js). */
const REPLIES = new Set(['ReplyError', 'ErrorReply', 'SimpleError', 'BlobError']);

/** `WRONGTYPE`; clients' begin otherwise. */
function replyCode(message: string): string | undefined {
  return /^[A-Z]{2,32}(?= |$)/.exec(message)?.[0];
}

/** Undefined for a client error. */
function shownOfReply(error: unknown, message: string): string | undefined {
  const code = replyCode(message);
  if (code === undefined) return REPLIES.has((error as object).constructor.name) ? '' : undefined;
  const phrases = Object.hasOwn(PHRASES, code) ? PHRASES[code]! : [];
  const phrase = phrases.find((each) => message.startsWith(each, code.length + 1));
  return phrase === undefined ? code : `${code} ${phrase}`;
}

export const REDIS_ERRORS: ServerErrors = {
  statusOf: (error) => replyCode(wholeMessageOf(error)),
  shownOf: (error) => shownOfReply(error, wholeMessageOf(error)),
  // The client asks another node, or sends the script.
  steps: new Set(['MOVED', 'ASK', 'NOSCRIPT']),
};
