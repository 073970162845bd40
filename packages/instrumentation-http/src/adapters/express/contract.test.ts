import { routeFaults } from '../../../test/mutants.ts';
import { routeContract, type Expected } from '../../../test/route-contract.ts';
import { express } from './index.ts';

const ROUTES: Expected[] = [
  ['GET', '/', 200, 'GET /'],
  ['GET', '/orders/42', 200, 'GET /orders/:id'],
  ['HEAD', '/orders/42', 200, 'HEAD /orders/:id'],
  ['GET', '/b/1', 200, 'GET /b/:x'],
  ['GET', '/a', 200, 'GET /a'],
  ['GET', '/tenants/acme/users/7', 200, 'GET /tenants/:tenant/users/:id'],
  ['GET', '/lazy/users/7', 200, 'GET /lazy/users/:id'],
  ['GET', '/lazy/inner/saw', 200, 'GET /lazy/inner/:tool'],
  ['GET', '/two/users/7', 200, 'GET /two/users/:id'],
  ['GET', '/regex', 200, 'GET /^\\/re(gex)?$/'],
  ['POST', '/guarded/7', 201, 'POST /guarded/:id'],
  ['GET', '/v1/users/ann/items', 200, 'GET /v1/users/:user/items'],
  ['GET', '/v2/users/bob/items/3', 200, 'GET /v2/users/:user/items/:item'],
  ['GET', '/v1/users/bob/items/3/broken', 500, 'GET /v1/users/:user/items/:item/broken'],
  ['GET', '/admin/health/live', 200, 'GET /admin/health/:probe'],
  ['GET', '/admin/tools/saw', 200, 'GET /admin/tools/:tool'],
  ['GET', '/answered', 200, 'GET'],
  ['GET', '/nowhere', 404, 'GET'],
];

routeContract(express, import.meta.url, ROUTES, { mutants: routeFaults });
