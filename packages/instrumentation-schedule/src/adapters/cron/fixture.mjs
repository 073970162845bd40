// cron as an application uses it; the contract suite calls it.
import { CronJob } from 'cron';

export function open() {
  // `from` is of 3 and later.
  const make = (onTick, start) =>
    CronJob.from
      ? CronJob.from({ cronTime: '* * * * * *', onTick, start, name: onTick.name })
      : new CronJob('* * * * * *', onTick, null, start);
  return {
    schedule: {
      every(work) {
        const job = make(work, true);
        return () => job.stop();
      },
      byHand(work) {
        const job = make(work, false);
        return () => job.fireOnTick();
      },
      owners: [CronJob.prototype],
    },
    close() {},
  };
}
