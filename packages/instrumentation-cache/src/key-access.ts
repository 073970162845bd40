import type { KeyAccess } from './events.ts';

const ACCESSES: Record<string, KeyAccess> = {
  GET: 'read',
  GETEX: 'read',
  HGET: 'read',
  'JSON.GET': 'read',
  SETEX: 'write_expiring',
  PSETEX: 'write_expiring',
  SETNX: 'write_conditional',
  HSETNX: 'write_conditional',
  'JSON.SET': 'write',
  DEL: 'delete',
  UNLINK: 'delete',
  GETDEL: 'change',
  GETSET: 'change',
  INCR: 'change',
  INCRBY: 'change',
  INCRBYFLOAT: 'change',
  DECR: 'change',
  DECRBY: 'change',
  APPEND: 'change',
  HINCRBY: 'change',
  HINCRBYFLOAT: 'change',
  ZINCRBY: 'change',
  LPUSH: 'change',
  RPUSH: 'change',
  LPOP: 'change',
  RPOP: 'change',
  SPOP: 'change',
  XADD: 'change',
  WATCH: 'watch',
};

/** @param args key first */
export function keyAccess(operation: string, args: readonly unknown[]): KeyAccess | undefined {
  if (operation === 'SET') return accessOfSet(args);
  // One field, and its value.
  if (operation === 'HSET') return args.length === 3 ? 'write' : undefined;
  const access = Object.hasOwn(ACCESSES, operation) ? ACCESSES[operation] : undefined;
  // Of several keys only the first is known.
  return (access === 'delete' || access === 'watch') && args.length > 1 ? undefined : access;
}

/** `SET key value [NX | XX | IF…] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]` */
function accessOfSet(args: readonly unknown[]): KeyAccess {
  let access: KeyAccess = 'write';
  for (const option of args.slice(2)) {
    const word = typeof option === 'string' ? option.toUpperCase() : '';
    if (word === 'NX' || word === 'XX' || word.startsWith('IF')) return 'write_conditional';
    if (word === 'GET') return 'change';
    if (/^(?:EX|PX|EXAT|PXAT|KEEPTTL)$/.test(word)) access = 'write_expiring';
  }
  return access;
}
