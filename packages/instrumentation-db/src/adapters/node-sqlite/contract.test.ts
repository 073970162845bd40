import { sqliteContract } from '../../../test/sqlite-contract.ts';
import { nodeSqlite } from './index.ts';

sqliteContract(nodeSqlite, import.meta.url, '1555');
