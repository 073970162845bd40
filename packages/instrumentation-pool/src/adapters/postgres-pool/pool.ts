import type { PoolDescription, PoolSource, PoolState } from '../../events.ts';

/** `Queue` of postgres/src/queue.js. */
export interface Queue {
  readonly length: number;
}

/** Each connection is in one (`move` in postgres/src/index.js). */
export interface Queues {
  connecting: Queue;
  reserved: Queue;
  closed: Queue;
  ended: Queue;
  open: Queue;
  busy: Queue;
  full: Queue;
}

/** `parseOptions` in postgres/src/index.js. */
export interface Options {
  max: number;
  host: readonly string[];
  port: readonly (number | string)[];
  path?: string | false;
  database?: string;
  connection?: { application_name?: string };
}

/** One `postgres()`. */
export class Pool {
  readonly queues: Queues;
  readonly options: Options;
  /** Callers without a connection, even an opening one. */
  pending = 0;

  constructor(queues: Queues, options: Options) {
    this.queues = queues;
    this.options = options;
  }
}

/** Says nothing of the application. */
const DEFAULT_APPLICATION = 'postgres.js';

export const source: PoolSource = {
  describe(pool: object): PoolDescription {
    const { host, port, path, database, max, connection } = (pool as Pool).options;
    const isOne = host.length === 1 && !path;
    const application = connection?.application_name;
    return {
      system: 'postgresql',
      // Which of several answers is unknown.
      host: path || (isOne ? host[0] : undefined),
      port: isOne ? Number(port[0]) : undefined,
      database,
      application: application === DEFAULT_APPLICATION ? undefined : application,
      limit: max,
    };
  },
  count(pool: object, state: PoolState): void {
    const { queues, pending } = pool as Pool;
    const { connecting, reserved, busy, full, open } = queues;
    state.used = connecting.length + reserved.length + busy.length + full.length;
    state.idle = open.length;
    state.pending = pending;
  },
  isEnded: (pool) => (pool as Pool).queues.ended.length >= (pool as Pool).options.max,
};
