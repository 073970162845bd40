import type { Adapter } from '@foreshock/kit';
import type { CacheEvents } from '../../events.ts';
import { ioredis, observeClient } from '../ioredis/index.ts';

/** iovalkey 0.1 to 0.4: ioredis 5's fork, with the same files and methods. */
export const iovalkey: Adapter<CacheEvents> = {
  library: 'iovalkey',
  versions: '>=0.1.0 <0.5',
  upstream: [],
  shows: ioredis.shows,
  summary: ioredis.summary,
  attach: (cache, hooks) => observeClient('iovalkey', cache, hooks),
};
