// Made by `npm run generate` from the folders beside it.
import { betterSqlite3 } from './better-sqlite3/index.ts';
import { mariadb } from './mariadb/index.ts';
import { mongodb } from './mongodb/index.ts';
import { mysql2 } from './mysql2/index.ts';
import { nodeSqlite } from './node-sqlite/index.ts';
import { pg } from './pg/index.ts';
import { postgres } from './postgres/index.ts';
import { tedious } from './tedious/index.ts';

/** Every library this boundary knows. */
export const adapters = [betterSqlite3, mariadb, mongodb, mysql2, nodeSqlite, pg, postgres, tedious];
