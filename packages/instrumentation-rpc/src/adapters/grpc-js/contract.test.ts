import { libraryContract, startedOnce } from '@foreshock/testkit';
import { rpcMutants } from '../../../test/mutants.ts';
import { startOrders } from '../../../test/orders.ts';
import { grpcJs } from './index.ts';

const server = startedOnce(startOrders);

libraryContract(grpcJs, import.meta.url, {
  env: async () => ({ url: (await server()).address }),
  instrumentation: {
    module: new URL('../../../test/propagated.ts', import.meta.url).href,
    export: 'rpcWithPropagator',
  },
  mutants: rpcMutants,
  // Calls without retries make no `RetryingCall`, until 1.12.
  also: ['grpc-js-1-12'],
  expect: {
    span: {
      name: 'shop.Orders/Get',
      kind: 'CLIENT',
      attributes: {
        'rpc.system.name': 'grpc',
        'rpc.method': 'shop.Orders/Get',
        'rpc.status_code': 'OK',
        'server.address': '127.0.0.1',
      },
    },
    error: { name: 'shop.Orders/Get', attributes: { 'error.type': 'NOT_FOUND', 'rpc.status_code': 'NOT_FOUND' } },
  },
  skip: {
    identity: 'what its callers call is not patched',
    listeners: 'its emitters are its calls',
  },
});
