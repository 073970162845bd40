// A client of @smithy/core as its generator writes them; the contract suite calls it.
import { Client, Command } from '@smithy/core/client';
import { HttpRequest } from '@smithy/core/protocols';
import { ConfiguredRetryStrategy, getRetryPlugin } from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const serde = {
  applyToStack(stack) {
    const serialize = (next) => async (args) => {
      const { hostname, port } = new URL(args.input.url);
      const request = new HttpRequest({ protocol: 'http:', hostname, port: Number(port), path: args.input.path });
      return next({ ...args, request });
    };
    const deserialize = (next) => async (args) => {
      const { response } = await next(args);
      const chunks = await response.body.toArray();
      const $metadata = { httpStatusCode: response.statusCode };
      if (response.statusCode >= 400) throw Object.assign(new Error('refused'), { $metadata });
      return { response, output: { $metadata, body: Buffer.concat(chunks) } };
    };
    stack.add(serialize, { step: 'serialize', name: 'serialize', override: true });
    stack.add(deserialize, { step: 'deserialize', name: 'deserialize', override: true });
  },
};

const Get = Command.classBuilder()
  .s('Files', 'Get')
  .n('FilesClient', 'GetCommand')
  .m(() => [serde])
  .build();

function makeClient(attempts) {
  const config = {
    requestHandler: new NodeHttpHandler(),
    maxAttempts: async () => attempts,
    retryStrategy: async () => new ConfiguredRetryStrategy(attempts, () => 1),
  };
  const client = new Client(config);
  client.middlewareStack.use(getRetryPlugin(config));
  return client;
}

export function open({ url }) {
  const client = makeClient(3);
  const eager = makeClient(1);
  const call = (path) => client.send(new Get({ url, path }));
  return {
    succeed: () => call('/status/200'),
    fail: () => call('/status/404'),
    call: { owner: Client.prototype, method: 'send' },
    saturate: { limit: 5, run: (i) => call(`/status/200?${i}`) },
    retry: { call, once: (path) => eager.send(new Get({ url, path })) },
    close() {
      client.destroy();
      eager.destroy();
    },
  };
}
