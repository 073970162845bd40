// Sending many jobs at once: the method that hands the library's own promise to its caller.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PgBoss } from 'pg-boss';

const require = createRequire(import.meta.url);
// No part of what the package exports.
const { default: Manager } = require(join(dirname(require.resolve('pg-boss')), 'manager.js'));

export async function open({ url }) {
  const boss = new PgBoss({ connectionString: url, max: 3, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  if (!(await boss.getQueue('emails'))) await boss.createQueue('emails');
  const jobs = [{ data: { n: 1 } }, { data: { n: 2 } }];
  return {
    succeed: () => boss.insert('emails', jobs),
    fail: () => boss.insert('emails', [{ id: 'no uuid', data: {} }]),
    call: { owner: Manager.prototype, method: 'insert' },
    saturate: { limit: 3, run: () => boss.insert('emails', jobs) },
    emitters: () => [boss],
    close: () => boss.stop({ graceful: false }),
  };
}
