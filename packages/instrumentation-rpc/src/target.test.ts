import { expect, it } from 'vitest';
import { Targets } from './target.ts';

it.each([
  ['dns:orders:50051', 'orders', 50051, 'orders:50051'],
  ['dns:orders', 'orders', undefined, 'orders'],
  ['dns://8.8.8.8/orders.shop:443', 'orders.shop', 443, 'orders.shop:443'],
  ['ipv4:127.0.0.1:50051', '127.0.0.1', 50051, '127.0.0.1:50051'],
  ['ipv6:[::1]:50051', '::1', 50051, '[::1]:50051'],
  ['ipv6:::1', '::1', undefined, '[::1]'],
  ['unix:/run/orders.sock', '/run/orders.sock', undefined, '/run/orders.sock'],
  // Of several, one is called.
  ['ipv4:10.0.0.1:50051,10.0.0.2:50051', undefined, undefined, ''],
])('%s is %s, port %s', (target, address, port, authority) => {
  expect(new Targets().of(target)).toMatchObject({ address, port, authority });
});
