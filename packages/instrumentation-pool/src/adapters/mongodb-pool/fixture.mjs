// The pool of mongodb as an application uses it; the contract suite calls it.
import { connect, createServer } from 'node:net';
import { Db, MongoClient } from 'mongodb';

/** Passes on the first connection, the monitor's; the others get no answer, so that no connection can be opened. */
async function silentServer(url) {
  const { hostname, port } = new URL(url);
  const sockets = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    if (sockets.length > 1) return;
    const behind = connect(Number(port), hostname).on('error', () => socket.destroy());
    sockets.push(behind);
    socket.pipe(behind).pipe(socket);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `mongodb://127.0.0.1:${server.address().port}/?directConnection=true`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export async function open({ url }) {
  const client = (maxPoolSize) => new MongoClient(url, { maxPoolSize });
  const silent = await silentServer(url);
  const refusing = new MongoClient(silent.url, { maxPoolSize: 1, waitQueueTimeoutMS: 10 });
  const use = (from) => from.db().command({ ping: 1 });
  let crowded;
  let inside = 0;
  return {
    // A new pool each time: the call waits for a connection to be opened.
    succeed() {
      const fresh = client(1);
      const promise = use(fresh);
      promise.then(() => fresh.close());
      return promise;
    },
    fail: () => use(refusing),
    call: { owner: Db.prototype, method: 'command' },
    saturate: {
      limit: 2,
      async run() {
        const all = (crowded ??= client(2));
        inside++;
        await use(all);
        if (--inside > 0) return;
        crowded = undefined;
        await all.close();
      },
    },
    emitters: () => [refusing],
    async close() {
      await refusing.close();
      silent.close();
    },
  };
}
