import { createServer } from 'node:http';
import express from 'express';
import { buildSchema, execute, graphql, GraphQLError, parse } from 'graphql';

const schema = buildSchema(`
  type Query { orders: [String], order: String, broken: String, refused: String }
  type Mutation { buy: String }
`);
const rootValue = {
  orders: () => ['apples'],
  order: async () => 'pears',
  async broken() {
    throw new TypeError('broken');
  },
  refused() {
    throw new GraphQLError('not yours', { extensions: { code: 'FORBIDDEN' } });
  },
  buy: () => 'bought',
};

const app = express();
app.get('/graphql', async ({ query: { query, operationName } }, response) => {
  response.send(await graphql({ schema, rootValue, source: query, operationName }));
});
app.get('/batch', async ({ query: { query } }, response) => {
  const documents = [query].flat().map((text) => parse(text));
  response.send(await Promise.all(documents.map((document) => execute({ schema, document, rootValue }))));
});
app.get('/plain', (_request, response) => response.send('no GraphQL'));
const server = createServer(async (request, response) => {
  if (!request.url.startsWith('/raw')) return app(request, response);
  response.end(JSON.stringify(await graphql({ schema, rootValue, source: 'mutation Buy { buy }' })));
});
server.listen(0, '127.0.0.1', () => console.log(`READY ${JSON.stringify(server.address())}`));
