import { createServer } from 'node:http';
import * as h3 from 'h3';

const wait = () => new Promise((resolve) => setImmediate(resolve));
const fails = () => {
  throw new Error('broken');
};

/** h3 1. */
function older({ createApp, createError, createRouter, eventHandler, toNodeListener, useBase }) {
  const app = createApp({ onError() {} });
  app.use(eventHandler(() => {}));
  app.use(
    '/guarded',
    eventHandler(() => {
      throw createError({ statusCode: 401 });
    }),
  );
  const items = createRouter();
  items.get(
    '/users/:user/items/:item',
    eventHandler(({ context }) => context.params.item),
  );
  const tools = createRouter();
  tools.get(
    '/:tool',
    eventHandler(() => 'tool'),
  );
  const router = createRouter();
  router.get(
    '/',
    eventHandler(() => 'root'),
  );
  router.get(
    '/orders/:id',
    eventHandler(async ({ context }) => (await wait(), context.params.id)),
  );
  router.get('/broken/:id', eventHandler(fails));
  router.get(
    '/files/**',
    eventHandler(() => 'a file'),
  );
  router.use('/v1/**', useBase('/v1', items.handler));
  app.use('/tools', tools);
  app.use(router);
  return toNodeListener(app);
}

function newer({ H3, HTTPError, toNodeHandler }) {
  const app = new H3({ silent: true });
  app.use(async (event, next) => next());
  app.use('/guarded/**', () => {
    throw new HTTPError({ status: 401 });
  });
  const items = new H3();
  items.get('/users/:user/items/:item', ({ context }) => context.params.item);
  const tools = new H3();
  tools.get('/:tool', () => 'tool');
  app.get('/', () => 'root');
  app.get('/orders/:id', async ({ context }) => (await wait(), context.params.id));
  app.get('/broken/:id', fails);
  app.get('/files/**', () => 'a file');
  app.mount('/v1', items);
  app.mount('/tools', tools);
  return toNodeHandler(app);
}

/** Mounted by Express, whose path has values. */
function mounted(listener) {
  return (request, response) => {
    const [, baseUrl, url] = /^(\/tenants\/\d+)(\/.*)$/.exec(request.url) ?? [];
    if (baseUrl) Object.assign(request, { originalUrl: request.url, baseUrl, url });
    return listener(request, response);
  };
}

const server = createServer(mounted((h3.H3 ? newer : older)(h3)));
server.listen(0, '127.0.0.1', () => console.log(`READY ${JSON.stringify(server.address())}`));
