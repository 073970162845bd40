import { routeFaults } from '../../../test/mutants.ts';
import { routeContract, type Expected } from '../../../test/route-contract.ts';
import { fastify } from './index.ts';

const ROUTES: Expected[] = [
  ['GET', '/', 200, 'GET /'],
  ['GET', '/orders/42', 200, 'GET /orders/:id'],
  ['POST', '/guarded/7', 400, 'POST /guarded/:id'],
  ['GET', '/broken/7', 500, 'GET /broken/:id'],
  ['GET', '/v1/users/ann/items/3', 200, 'GET /v1/users/:user/items/:item'],
  ['GET', '/v1/users/ann/items/secret', 401, 'GET /v1/users/:user/items/:item'],
  ['GET', '/nowhere', 404, 'GET'],
];

routeContract(fastify, import.meta.url, ROUTES, { mutants: routeFaults });
