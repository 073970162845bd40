import type { Adapter } from '@foreshock/kit';
import type { DbEvents, Driver } from '../events.ts';
import { genericPool } from './generic-pool.ts';
import { mysql2, mysql2Connection } from './mysql2.ts';
import { pg, pgConnection } from './pg.ts';
import { sequelizePool } from './sequelize-pool.ts';
import { tarn } from './tarn.ts';

/** Every database library this boundary knows; a new one is a file beside these and a line here. */
export const adapters: readonly Adapter<DbEvents>[] = [pg, mysql2, tarn, genericPool, sequelizePool];

/** The drivers among them: pools of anything are named by the connections they hold. */
export const drivers: readonly Driver[] = [pgConnection, mysql2Connection];
