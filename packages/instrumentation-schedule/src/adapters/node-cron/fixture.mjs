// node-cron as an application uses it; the contract suite calls it.
import * as module from 'node-cron';

const cron = module.schedule ? module : module.default;

export function open() {
  return {
    schedule: {
      every(work) {
        const task = cron.schedule('* * * * * *', work, { name: work.name });
        return () => task.stop();
      },
      byHand(work) {
        // 3 has no `createTask`, 4 no `now`.
        const task = cron.createTask
          ? cron.createTask('* * * * * *', work, { name: work.name })
          : cron.schedule('* * * * * *', work, { name: work.name, scheduled: false });
        return () => (task.now ? task.now() : task.execute());
      },
      owners: [cron.schedule('* * * * * *', () => {}, { scheduled: false })].map((task) => {
        task.stop();
        return Object.getPrototypeOf(task);
      }),
    },
    close() {},
  };
}
