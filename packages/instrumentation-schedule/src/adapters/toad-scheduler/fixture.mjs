// toad-scheduler as an application uses it; the contract suite calls it.
import { AsyncTask, SimpleIntervalJob, Task, ToadScheduler } from 'toad-scheduler';

export function open() {
  const task = (work) => new AsyncTask(work.name, work, () => {});
  return {
    schedule: {
      every(work) {
        const scheduler = new ToadScheduler();
        scheduler.addSimpleIntervalJob(new SimpleIntervalJob({ milliseconds: 5 }, task(work)));
        return () => scheduler.stop();
      },
      byHand(work) {
        const byHand = task(work);
        return () => (byHand.executeAsync ? byHand.executeAsync() : byHand.execute());
      },
      owners: [AsyncTask.prototype, Task.prototype],
    },
    close() {},
  };
}
