import { dirname } from 'node:path';
import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { observeConsumers } from './consumer.ts';
import type { Manager } from './manager.ts';
import { observeSends } from './producer.ts';
import { observeTelemetry } from './telemetry.ts';

/**
 * pg-boss 10 to 12: `src/manager.js` (10, 11, CommonJS), the bundle `dist/index.mjs` (12.0 to 12.4), `dist/manager.js`.
 */
export const pgBoss: Adapter<QueueEvents> = {
  library: 'pg-boss',
  versions: '>=10.0.0 <13',
  upstream: [],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'jobs sent, handled and fetched, in one trace; wait; attempt; failed jobs',
  attach(queue, hooks) {
    /** With `Telemetry`, before the manager. */
    const native = new Set<string>();

    function observeManager(prototype: Manager, filename: string): void {
      const isNative = native.has(dirname(filename));
      if (!isNative) observeSends(prototype, queue, hooks);
      observeConsumers(prototype, queue, hooks, isNative);
    }

    function observeBoss(prototype: { start: unknown; stop: unknown; emit: unknown }): void {
      // Maintenance, cron, schema loops keep it.
      for (const method of ['start', 'stop'] as const) hooks.runBy(prototype, method, queue.background);
      // `error`, `warning`, `wip` listeners are the application's.
      hooks.runBy(prototype, 'emit', queue.foreground);
    }

    hooks.onLoad('pg-boss/dist/telemetry.js', ({ exports, filename }) => {
      native.add(dirname(filename));
      observeTelemetry(exports.default.prototype, queue, hooks);
    });
    hooks.onLoad('pg-boss/src/manager.js', ({ exports, filename }) => observeManager(exports.prototype, filename));
    hooks.onLoad('pg-boss/dist/manager.js', ({ exports, filename }) =>
      observeManager(exports.default.prototype, filename),
    );
    hooks.onLoad('pg-boss/src/index.js', ({ exports }) => observeBoss(exports.prototype));
    hooks.onLoad('pg-boss/dist/index.js', ({ exports }) => observeBoss(exports.PgBoss.prototype));
    hooks.onLoad(
      'pg-boss/dist/index.mjs',
      ({ exports, filename, rebind }) => {
        observeBoss(exports.PgBoss.prototype);
        // Neither exported nor replaced.
        rebind?.('Manager', (manager: { prototype: Manager }) => {
          observeManager(manager.prototype, filename);
          return manager;
        });
      },
      { bindings: ['Manager'] },
    );
  },
};
