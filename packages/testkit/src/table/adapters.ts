/** What the table can say of an adapter. */
export const COLUMNS = ['spans', 'wait', 'state', 'parent', 'attempt or hit', 'CJS', 'ESM'] as const;

/**
 * - `spans`: one a call, with an error status when it fails
 * - `wait`: how long a caller waited for a slot, a socket or a worker
 * - `state`: of the pool or the breaker, when it was asked
 * - `parent`: the caller's, also when everything is taken
 * - `attempt or hit`: which try this was; whether the key was there
 * - `CJS`, `ESM`: of an application that `require`s it, of one that `import`s it
 */
export type Column = (typeof COLUMNS)[number];

const LOADED = ['CJS', 'ESM'] as const;

/** The rows, in order, by the adapter's library, and the columns that apply to each. */
export const ADAPTERS = {
  pg: ['spans', 'wait', 'state', 'parent', ...LOADED],
  mysql2: ['spans', 'wait', 'state', 'parent', ...LOADED],
  tarn: ['spans', 'wait', 'state', 'parent', ...LOADED],
  'generic-pool': ['spans', 'wait', 'state', 'parent', ...LOADED],
  'sequelize-pool': ['spans', 'wait', 'state', 'parent', ...LOADED],
  'p-queue': ['spans', 'wait', 'state', 'parent', ...LOADED],
  'p-limit': ['spans', 'wait', 'state', 'parent', ...LOADED],
  fastq: ['spans', 'wait', 'state', 'parent', ...LOADED],
  async: ['spans', 'wait', 'state', 'parent', ...LOADED],
  bottleneck: ['spans', 'wait', 'state', 'parent', ...LOADED],
  piscina: ['spans', 'wait', 'state', 'parent', ...LOADED],
  ioredis: ['spans', 'parent', 'attempt or hit', ...LOADED],
  redis: ['spans', 'wait', 'state', 'parent', 'attempt or hit', ...LOADED],
  'lru-cache': ['attempt or hit', ...LOADED],
  'cache-manager': ['attempt or hit', ...LOADED],
  'pg-boss': ['spans', 'wait', 'parent', 'attempt or hit', ...LOADED],
  bullmq: ['spans', 'wait', 'parent', 'attempt or hit', ...LOADED],
  amqplib: ['spans', 'wait', 'parent', 'attempt or hit', ...LOADED],
  kafkajs: ['spans', 'wait', 'parent', 'attempt or hit', ...LOADED],
  opossum: ['spans', 'state', 'parent', ...LOADED],
  cockatiel: ['spans', 'wait', 'state', 'parent', 'attempt or hit', ...LOADED],
  got: ['attempt or hit', ...LOADED],
  'axios-retry': ['attempt or hit', ...LOADED],
  'p-retry': ['attempt or hit', ...LOADED],
  'async-retry': ['attempt or hit', ...LOADED],
  undici: ['spans', 'wait', 'parent', 'attempt or hit', ...LOADED],
  http: ['spans', 'wait', 'parent', ...LOADED],
  pino: LOADED,
  cron: ['spans', 'parent', ...LOADED],
  croner: ['spans', 'parent', ...LOADED],
  'node-cron': ['spans', 'parent', ...LOADED],
  'node-schedule': ['spans', 'parent', ...LOADED],
  'toad-scheduler': ['spans', 'parent', ...LOADED],
  // An ES module, that `require` gets all the same.
  '@nestjs/schedule': ['spans', 'parent', 'ESM'],
  timers: ['spans', 'parent', ...LOADED],
  'hand-written-loops': ['attempt or hit'],
  'hand-written-breakers': ['state', ...LOADED],
} as const satisfies Record<string, readonly Column[]>;

/** A row of the table. */
export type AdapterName = keyof typeof ADAPTERS;

/** Rows whose library is called otherwise by those who use it. */
export const LABELS: Partial<Record<AdapterName, string>> = {
  tarn: 'tarn (knex)',
  undici: 'undici (RetryAgent)',
  http: 'node:http',
  timers: 'setInterval',
  'hand-written-loops': 'hand-written loops',
  'hand-written-breakers': 'hand-written breakers',
};
