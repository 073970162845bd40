// croner as an application uses it; the contract suite calls it.
import { Cron } from 'croner';

export function open() {
  const make = (work, options) => new Cron('* * * * * *', { name: work.name, catch: true, ...options }, work);
  return {
    schedule: {
      every(work) {
        const job = make(work);
        return () => job.stop();
      },
      byHand(work) {
        const job = make(work, { name: undefined, paused: true });
        return () => job.trigger();
      },
      owners: [Cron.prototype],
    },
    close() {},
  };
}
