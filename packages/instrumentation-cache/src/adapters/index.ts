import type { Adapter } from '@foreshock/kit';
import type { CacheEvents } from '../events.ts';
import { cacheManager } from './cache-manager.ts';
import { ioredis } from './ioredis.ts';
import { lruCache } from './lru-cache.ts';
import { redis } from './redis.ts';

/** Every cache library this boundary knows; a new one is a file beside these and a line here. */
export const adapters: readonly Adapter<CacheEvents>[] = [ioredis, redis, lruCache, cacheManager];
