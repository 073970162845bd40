// bull as an application uses it; the contract suite calls it.
import Queue from 'bull';

export async function open({ url, queue: name }) {
  const queue = new Queue(name, url);
  const handled = new Queue(`${name}-handled`, url);
  const circular = {};
  circular.self = circular;
  await Promise.all([queue.isReady(), handled.isReady()]);
  return {
    succeed: () => queue.add('welcome', { to: 'a@example.org' }),
    fail: () => queue.add('welcome', circular),
    call: { owner: Queue.prototype, method: 'add' },
    saturate: { limit: 1, run: (i) => queue.add('welcome', { i }) },
    queue: {
      async consume(handle) {
        void handled.process('message', (job) => handle(job.data.content));
      },
      send: (content) => handled.add('message', { content }, { attempts: 2 }),
      sendLater: (content, delay) => handled.add('message', { content }, { delay }),
    },
    emitters: () => [queue],
    close: () => Promise.all([queue.close(), handled.close()]),
  };
}
