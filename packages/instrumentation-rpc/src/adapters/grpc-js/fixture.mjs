// @grpc/grpc-js as an application uses it; messages are JSON, so that there is nothing to generate.
import { callbackify } from 'node:util';
import * as grpc from '@grpc/grpc-js';

const json = (value) => Buffer.from(JSON.stringify(value));
const parsed = (bytes) => JSON.parse(bytes);
const method = (name, requestStream, responseStream) => ({
  path: `/shop.Orders/${name}`,
  requestStream,
  responseStream,
  requestSerialize: json,
  requestDeserialize: parsed,
  responseSerialize: json,
  responseDeserialize: parsed,
});
const service = {
  get: method('Get', false, false),
  send: method('Send', true, false),
  list: method('List', false, true),
  chat: method('Chat', true, true),
};
const Orders = grpc.makeGenericClientConstructor(service, 'shop.Orders');

const RETRIES = {
  methodConfig: [
    {
      name: [{ service: 'shop.Orders' }],
      retryPolicy: {
        maxAttempts: 3,
        initialBackoff: '0.01s',
        maxBackoff: '0.01s',
        backoffMultiplier: 1,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
};

const clientOf = (address, options = {}) =>
  new Orders(address, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1, ...options });

function get(client, id, options = {}) {
  return new Promise((resolve, reject) => {
    client.get({ id }, new grpc.Metadata(), options, (error, order) => (error ? reject(error) : resolve(order)));
  });
}

async function messagesOf(stream) {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

/** Each kind of call, with one message each way. */
function kindsOf(client) {
  return {
    unary: (id) => get(client, id),
    'client stream': (id) =>
      new Promise((resolve, reject) => {
        const stream = client.send((error, order) => (error ? reject(error) : resolve(order)));
        stream.end({ id });
      }),
    'server stream': (id) => messagesOf(client.list({ id })),
    bidirectional(id) {
      const stream = client.chat();
      stream.end({ id });
      return messagesOf(stream);
    },
  };
}

async function serve(handle) {
  const served = callbackify(handle);
  const stream = (id, call) =>
    served(id, (error, order) => (error ? call.emit('error', error) : call.end(void call.write(order))));
  const server = new grpc.Server();
  server.addService(service, {
    get: ({ request }, callback) => served(request.id, callback),
    send: (call, callback) => call.once('data', ({ id }) => served(id, callback)),
    list: (call) => stream(call.request.id, call),
    chat: (call) => call.once('data', ({ id }) => stream(id, call)),
  });
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const address = `127.0.0.1:${port}`;
  const client = clientOf(address);
  const retrying = clientOf(address, { 'grpc.service_config': JSON.stringify(RETRIES) });
  await get(client, 'first').catch(() => {});
  await get(retrying, 'first').catch(() => {});
  return {
    kinds: kindsOf(client),
    call: (id, timeoutMs) => get(client, id, { deadline: Date.now() + timeoutMs }),
    retried: (id) => get(retrying, id),
    async cold(id) {
      const client = clientOf(address);
      try {
        return await get(client, id);
      } finally {
        client.close();
      }
    },
    close() {
      client.close();
      retrying.close();
      server.forceShutdown();
    },
  };
}

/** @param url where test/orders.ts listens */
export function open({ url }) {
  const client = clientOf(url);
  const fresh = new Map();
  return {
    succeed: () => get(client, 'apples'),
    fail: () => get(client, 'missing'),
    callback: (done) => client.get({ id: 'apples' }, done),
    saturate: {
      limit: 5,
      // Ten callers wait for each connection.
      run(i) {
        const channel = Math.floor(i / 10);
        if (!fresh.has(channel)) fresh.set(channel, clientOf(url));
        return get(fresh.get(channel), 'apples');
      },
    },
    rpc: { serve, UNAVAILABLE: 14, NOT_FOUND: 5 },
    close() {
      client.close();
      for (const each of fresh.values()) each.close();
    },
  };
}
