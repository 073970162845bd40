// node-schedule as an application uses it; the contract suite calls it.
import { Job, scheduleJob } from 'node-schedule';

export function open() {
  return {
    schedule: {
      every(work) {
        const job = scheduleJob('* * * * * *', work);
        job.on('error', () => {});
        return () => job.cancel();
      },
      byHand(work) {
        const job = new Job(work);
        return () => job.invoke();
      },
      owners: [Job.prototype],
    },
    close() {},
  };
}
