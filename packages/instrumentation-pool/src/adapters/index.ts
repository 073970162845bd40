import type { Adapter } from '@foreshock/kit';
import type { PoolEvents } from '../events.ts';
import { async } from './async.ts';
import { bottleneck } from './bottleneck.ts';
import { cockatiel } from './cockatiel.ts';
import { fastq } from './fastq.ts';
import { genericPool } from './generic-pool.ts';
import { mysql2Pool } from './mysql2-pool.ts';
import { pLimit } from './p-limit.ts';
import { pQueue } from './p-queue.ts';
import { piscina } from './piscina.ts';
import { pgPool } from './pg-pool.ts';
import { redisPool } from './redis-pool.ts';
import { sequelizePool } from './sequelize-pool.ts';
import { tarn } from './tarn.ts';

/** Every library whose pools this boundary knows; a new one is a file beside these and a line here. */
export const adapters: readonly Adapter<PoolEvents>[] = [
  pgPool,
  mysql2Pool,
  redisPool,
  tarn,
  genericPool,
  sequelizePool,
  pQueue,
  pLimit,
  fastq,
  async,
  bottleneck,
  piscina,
  cockatiel,
];
