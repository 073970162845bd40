import { routeContract, type Expected } from '../../../test/route-contract.ts';
import { graphql } from './index.ts';

const ONE = encodeURIComponent('query Orders { orders }');
const TWO = encodeURIComponent('query Orders { orders } query Order { order }');

const REQUESTS: Expected[] = [
  ['GET', `/graphql?query=${ONE}`, 200, 'GET /graphql query Orders', '/graphql'],
  ['GET', `/graphql?query=${TWO}&operationName=Order`, 200, 'GET /graphql query Order', '/graphql'],
  // None was run.
  ['GET', `/graphql?query=${TWO}&operationName=Missing`, 200, 'GET /graphql', '/graphql'],
  ['GET', '/graphql?query={orders}', 200, 'GET /graphql query', '/graphql'],
  ['GET', '/graphql?query={missing}', 200, 'GET /graphql', '/graphql'],
  ['GET', '/graphql?query={orders,broken}', 200, 'GET /graphql query', '/graphql', true],
  // An answer to the client.
  ['GET', '/graphql?query={orders,refused}', 200, 'GET /graphql query', '/graphql'],
  ['GET', `/batch?query=${ONE}&query=mutation+Buy{buy}`, 200, 'GET /batch query Orders', '/batch'],
  ['GET', '/plain', 200, 'GET /plain'],
  ['POST', '/raw', 200, 'POST mutation Buy', ''],
];

routeContract(graphql, import.meta.url, REQUESTS);
