import { routeFaults } from '../../../test/mutants.ts';
import { routeContract, type Expected } from '../../../test/route-contract.ts';
import { h3 } from './index.ts';

const ROUTES: Expected[] = [
  ['GET', '/', 200, 'GET /'],
  ['GET', '/orders/42?of=ann', 200, 'GET /orders/:id'],
  ['GET', '/guarded/7', 401, 'GET'],
  ['GET', '/broken/7', 500, 'GET /broken/:id'],
  ['GET', '/files/a/b', 200, 'GET /files/**'],
  ['GET', '/v1/users/ann/items/3', 200, 'GET /v1/users/:user/items/:item'],
  ['GET', '/tools/hammer', 200, 'GET /tools/:tool'],
  ['GET', '/tenants/42/orders/7', 200, 'GET /orders/:id'],
  ['GET', '/tenants/42/tools/hammer', 200, 'GET /tools/:tool'],
  ['GET', '/nowhere', 404, 'GET'],
];

routeContract(h3, import.meta.url, ROUTES, { mutants: routeFaults, also: ['h3-1-15'] });
