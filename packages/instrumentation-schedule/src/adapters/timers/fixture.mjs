// `setInterval` as an application uses it; the contract suite calls it.
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';

export function open() {
  return {
    schedule: {
      every(work) {
        const timer = setInterval(work, 5);
        return () => clearInterval(timer);
      },
      owners: [timers, timersPromises, globalThis],
    },
    close() {},
  };
}
