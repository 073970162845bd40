// Made by `npm run generate` from the folders beside it.
import { cacheManager } from './cache-manager/index.ts';
import { ioredis } from './ioredis/index.ts';
import { iovalkey } from './iovalkey/index.ts';
import { keyv } from './keyv/index.ts';
import { lruCache } from './lru-cache/index.ts';
import { memjs } from './memjs/index.ts';
import { nodeCache } from './node-cache/index.ts';
import { redis } from './redis/index.ts';

/** Every library this boundary knows. */
export const adapters = [cacheManager, ioredis, iovalkey, keyv, lruCache, memjs, nodeCache, redis];
