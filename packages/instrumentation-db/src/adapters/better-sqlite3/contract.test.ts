import { dbMutants } from '../../../test/mutants.ts';
import { sqliteContract } from '../../../test/sqlite-contract.ts';
import { betterSqlite3 } from './index.ts';

sqliteContract(betterSqlite3, import.meta.url, 'SQLITE_CONSTRAINT_PRIMARYKEY', dbMutants);
