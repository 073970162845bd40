// Sending many jobs at once: the method that hands the library's own promise to its caller.
import { PgBoss } from 'pg-boss';
import Manager from '../../../../../node_modules/pg-boss/dist/manager.js';

export async function open({ url }) {
  const boss = new PgBoss({ connectionString: url, max: 3, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue('emails');
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
