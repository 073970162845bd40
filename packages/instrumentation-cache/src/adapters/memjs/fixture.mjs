// memjs as an application uses it; the contract suite calls it.
import memjs from 'memjs';

const { Client, Server } = memjs;
const quiet = { logger: { log() {} }, timeout: 5 };

export async function open({ host, port, refusing }) {
  const client = Client.create(`${host}:${port}`, quiet);
  await client.set('user:2', '1', {});
  await client.set('user:text', 'no number', {});
  const add = (key, done) => client.increment(key, 1, {}, done);
  return {
    succeed: () => add('user:2'),
    fail: () => add('user:text'),
    callback: (done) => add('user:2', (error, success, value) => done(error, { success, value })),
    call: { owner: Client.prototype, method: 'increment' },
    saturate: { limit: 20, run: () => client.get('user:2') },
    emitters: () => client.servers,
    cache: {
      get: (key) => client.get(key),
      set: (key, value) => client.set(key, value, {}),
      async failOver() {
        const servers = [refusing, port].map((each) => new Server(host, Number(each), '', '', quiet));
        const both = new Client(servers, { ...quiet, failover: true, retries: 1 });
        both.getServer = () => 0;
        // Before 1.3 a key's server is its hash's: one of these keys has the first.
        for (const key of ['a', 'b']) await both.get(key);
        both.close();
        return Number(port);
      },
    },
    close: () => client.close(),
  };
}
