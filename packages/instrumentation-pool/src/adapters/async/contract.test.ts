import { limiterContract } from '../../../test/limiter-contract.ts';

limiterContract({
  library: 'async',
  folder: import.meta.url,
  versions: ['async-2'],
  name: 'async.queue',
  hasCallbacks: true,
});
