import { routeFaults } from '../../../test/mutants.ts';
import { routeContract, type Expected } from '../../../test/route-contract.ts';
import { hono } from './index.ts';

const ROUTES: Expected[] = [
  ['GET', '/', 200, 'GET /'],
  ['GET', '/orders/42', 200, 'GET /orders/:id'],
  ['POST', '/guarded/7', 201, 'POST /guarded/:id'],
  ['GET', '/broken/7', 500, 'GET /broken/:id'],
  ['GET', '/shared/mine', 200, 'GET /shared/:page'],
  ['GET', '/shared/theirs', 200, 'GET /shared/:others'],
  ['GET', '/files/a/b', 200, 'GET /files/*'],
  ['GET', '/v1/users/ann/items/3', 200, 'GET /v1/users/:user/items/:item'],
  ['GET', '/v1/users/ann/items/secret', 401, 'GET /v1/users/:user/items/:item'],
  ['GET', '/v1/users/ann/items/3/broken', 503, 'GET /v1/users/:user/items/:item/broken'],
  ['GET', '/admin/health/live', 200, 'GET /admin/health/:probe'],
  ['GET', '/mounted/deep/7', 200, 'GET /mounted/*'],
  ['GET', '/mounted/nowhere', 404, 'GET'],
  // Requests of the application to itself are no server's.
  ['GET', '/inner', 200, 'GET /inner'],
  ['GET', '/nowhere', 404, 'GET'],
];

routeContract(hono, import.meta.url, ROUTES, {
  mutants: routeFaults,
  // Its context has the routes that match, no longer the request.
  also: ['hono-4-6'],
  versions: { 'hono-4': { libraries: { '@hono/node-server': 'hono-node-server-1' } } },
});
