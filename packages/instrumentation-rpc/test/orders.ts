import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';

export interface Orders {
  address: string;
  stop(): Promise<void>;
}

/** A service in a process without instrumentation: `shop.Orders/Get`, of JSON. */
export async function startOrders(): Promise<Orders> {
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const parsed = (bytes: Buffer): any => JSON.parse(bytes.toString());
  const get = {
    path: '/shop.Orders/Get',
    requestStream: false,
    responseStream: false,
    requestSerialize: json,
    requestDeserialize: parsed,
    responseSerialize: json,
    responseDeserialize: parsed,
  };
  const server = new Server();
  server.addService(
    { get },
    {
      get({ request }: ServerUnaryCall<any, any>, callback: sendUnaryData<any>) {
        if (request.id === 'missing') callback({ code: status.NOT_FOUND, details: 'no such order' });
        else callback(null, { id: request.id });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, stop: async () => server.forceShutdown() };
}
