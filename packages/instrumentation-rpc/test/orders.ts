import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { GET_ORDER } from './get-order.ts';

export interface Orders {
  address: string;
  stop(): Promise<void>;
}

/** A service in a process without instrumentation: `shop.Orders/Get`, of JSON. */
export async function startOrders(): Promise<Orders> {
  const server = new Server();
  server.addService(
    { get: GET_ORDER },
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
