/**
 * The long run of `test/sql-fuzz.test.ts`: ten million statements of each dialect, some ten minutes.
 *
 *     node packages/instrumentation-db/bench/sql-fuzz.ts [statements] [seed]
 *
 * 2026-11-29, seed 42: postgresql 10,000,000 statements, 0 faults; mysql 10,000,000 statements, 0 faults.
 * The same day, with texts that one setting alone can read, seed 77: postgresql 200,000, mysql 400,000, 0 faults.
 */
import { fuzz } from '../test/sql-fuzz.ts';

const count = Number(process.argv[2] ?? 10_000_000);
const seed = Number(process.argv[3] ?? 1);
for (const dialect of ['postgresql', 'mysql', 'sqlite', 'tsql'] as const) {
  let faults = 0;
  fuzz(dialect, count, seed, (fault) => {
    if (++faults <= 5) console.log(fault);
  });
  console.log(`${dialect}: ${count.toLocaleString('en')} statements, ${faults} faults`);
}
