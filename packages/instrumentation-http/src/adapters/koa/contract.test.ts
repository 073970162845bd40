import { routeFaults } from '../../../test/mutants.ts';
import { routeContract, type Expected } from '../../../test/route-contract.ts';
import { koa } from './index.ts';

const ROUTES: Expected[] = [
  ['GET', '/', 200, 'GET /'],
  ['GET', '/mounted/deep/7', 200, 'GET /mounted/deep/:id'],
  ['GET', '/outer/inner/deep/7', 200, 'GET /outer/inner/deep/:id'],
  ['GET', '/orders/42', 200, 'GET /orders/:id'],
  ['GET', '/broken/7', 500, 'GET /broken/:id'],
  ['GET', '/v1/users/ann/items/3', 200, 'GET /v1/users/:user/items/:item'],
  ['GET', '/v1/users/ann/items/secret', 401, 'GET /v1/users/:user/items/:item'],
  ['GET', '/orders/42/nowhere', 404, 'GET'],
  ['GET', '/files/a/b', 200, String.raw`GET /^\/files\/(.*)$/`],
  ['GET', '/nowhere', 404, 'GET'],
];

routeContract(koa, import.meta.url, ROUTES, {
  mutants: routeFaults,
  versions: { 'koa-2': { libraries: { '@koa/router': 'koa-router-12', 'koa-mount': 'koa-mount-3' } } },
  args: { 'koa-2': ['/orders/(.*)'] },
});
