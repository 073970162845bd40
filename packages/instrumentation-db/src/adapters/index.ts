import type { Adapter, Driver } from '@foreshock/kit';
import type { DbEvents } from '../events.ts';
import { mysql2, mysql2Connection } from './mysql2/index.ts';
import { pg, pgConnection } from './pg/index.ts';

/** Every database library this boundary knows; a new one is a folder beside these and a line here. */
export const adapters: readonly Adapter<DbEvents>[] = [pg, mysql2];

/** The drivers among them: a pool of another library is named by the connections it holds. */
export const drivers: readonly Driver[] = [pgConnection, mysql2Connection];
