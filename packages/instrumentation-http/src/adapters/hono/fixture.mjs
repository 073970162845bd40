import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.use('*', async (c, next) => next());
app.get('/', (c) => c.text('root'));
app.get('/orders/:id', async (c) => {
  await new Promise((resolve) => setImmediate(resolve));
  return c.text(c.req.param('id'));
});
app.all('/guarded/:id', (c, next) => next());
app.post('/guarded/:id', (c) => c.text('made', 201));
app.get('/broken/:id', () => {
  throw new Error('broken');
});
app.get('/shared/:page', async (c, next) => (c.req.param('page') === 'mine' ? c.text('mine') : next()));
app.get('/shared/:others', (c) => c.text('others'));
app.get('/files/*', (c) => c.text('a file'));

const items = new Hono();
items.use('*', async (c, next) => (c.req.path.endsWith('/secret') ? c.text('no', 401) : next()));
items.get('/:item', (c) => c.text(c.req.param('item')));
items.get('/:item/broken', () => {
  throw new Error('broken');
});
// With an error handler of its own, handlers are wrapped.
items.onError((error, c) => c.text(error.message, 503));
app.route('/v1/users/:user/items', items);
const admin = new Hono().basePath('/admin');
admin.get('/health/:probe', (c) => c.text('ok'));
app.route('/', admin);

const mounted = new Hono();
mounted.get('/deep/:id', (c) => c.text(c.req.param('id')));
app.mount('/mounted', mounted.fetch, (c) => c.env);
app.get('/inner', async (c) => c.text(await (await app.request('/orders/7')).text()));
app.onError((error, c) => c.text('broken', 500));

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (address) => {
  console.log(`READY ${JSON.stringify(address)}`);
});
