import type { Adapter } from '@foreshock/kit';
import type { CacheEvents } from '../events.ts';
import { cacheManager } from './cache-manager/index.ts';
import { ioredis } from './ioredis/index.ts';
import { lruCache } from './lru-cache/index.ts';
import { redis } from './redis/index.ts';

/** Every cache library this boundary knows; a new one is a folder beside these and a line here. */
export const adapters: readonly Adapter<CacheEvents>[] = [ioredis, redis, lruCache, cacheManager];
