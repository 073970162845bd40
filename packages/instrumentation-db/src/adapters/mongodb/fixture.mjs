// mongodb as an application uses it; the contract suite calls it.
import { Collection, MongoClient } from 'mongodb';

export async function open({ url }) {
  const client = new MongoClient(url, { minPoolSize: 4, maxPoolSize: 4 });
  const small = new MongoClient(url, { maxPoolSize: 2 });
  const { promise: full, resolve } = Promise.withResolvers();
  let connections = 0;
  client.on('connectionReady', () => ++connections === 4 && resolve());
  await Promise.all([client.connect(), small.connect(), full]);
  const songs = client.db().collection('songs');
  await songs.insertOne({ title: 'one' });
  return {
    succeed: () => songs.countDocuments({ title: 'one' }),
    fail: () => songs.countDocuments({ $nothing: 'one' }),
    call: { owner: Collection.prototype, method: 'countDocuments' },
    saturate: { limit: 2, run: (i) => small.db().collection('songs').findOne({ title: i }) },
    documents: {
      find: (collection, name) => client.db().collection(collection).find({ name }).toArray(),
      insert: (collection, name) => client.db().collection(collection).insertOne({ _id: name }),
    },
    emitters: () => [client, small],
    async close() {
      await Promise.all([client.close(), small.close()]);
    },
  };
}
