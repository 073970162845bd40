import type { Adapter } from '@foreshock/kit';
import type { PoolEvents } from '../events.ts';
import { async } from './async/index.ts';
import { bottleneck } from './bottleneck/index.ts';
import { cockatiel } from './cockatiel/index.ts';
import { fastq } from './fastq/index.ts';
import { genericPool } from './generic-pool/index.ts';
import { mysql2Pool } from './mysql2-pool/index.ts';
import { pLimit } from './p-limit/index.ts';
import { pQueue } from './p-queue/index.ts';
import { piscina } from './piscina/index.ts';
import { pgPool } from './pg-pool/index.ts';
import { redisPool } from './redis-pool/index.ts';
import { sequelizePool } from './sequelize-pool/index.ts';
import { tarn } from './tarn/index.ts';

/** Every library whose pools this boundary knows; a new one is a folder beside these and a line here. */
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
