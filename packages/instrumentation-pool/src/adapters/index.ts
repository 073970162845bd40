// Made by `npm run generate` from the folders beside it.
import { async } from './async/index.ts';
import { bottleneck } from './bottleneck/index.ts';
import { cockatiel } from './cockatiel/index.ts';
import { fastq } from './fastq/index.ts';
import { genericPool } from './generic-pool/index.ts';
import { mariadbPool } from './mariadb-pool/index.ts';
import { mongodbPool } from './mongodb-pool/index.ts';
import { mysql2Pool } from './mysql2-pool/index.ts';
import { pLimit } from './p-limit/index.ts';
import { pQueue } from './p-queue/index.ts';
import { pgPool } from './pg-pool/index.ts';
import { piscina } from './piscina/index.ts';
import { postgresPool } from './postgres-pool/index.ts';
import { redisPool } from './redis-pool/index.ts';
import { sequelizePool } from './sequelize-pool/index.ts';
import { tarn } from './tarn/index.ts';

/** Every library this boundary knows. */
export const adapters = [
  async,
  bottleneck,
  cockatiel,
  fastq,
  genericPool,
  mariadbPool,
  mongodbPool,
  mysql2Pool,
  pLimit,
  pQueue,
  pgPool,
  piscina,
  postgresPool,
  redisPool,
  sequelizePool,
  tarn,
];
