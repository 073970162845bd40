const { createServer } = require('node:http');
const next = require('next');

const app = next({ dev: false, dir: __dirname });
app.prepare().then(() => {
  const handle = app.getRequestHandler();
  const server = createServer((request, response) => handle(request, response));
  server.listen(0, '127.0.0.1', () => console.log(`READY ${JSON.stringify(server.address())}`));
});
