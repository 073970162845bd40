// An application in TypeScript that needs more than its types removed.
import { createServer } from 'node:http';
import cluster from 'node:cluster';
import express from 'express';

enum Route {
  Order = '/orders/:id',
}

if (cluster.isPrimary && process.argv.includes('cluster')) {
  for (let i = 0; i < 2; i++) cluster.fork();
} else {
  const app = express();
  app.get(Route.Order, (request: { params: { id: string } }, response: any) => void response.json(request.params.id));
  const server = createServer(app).listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    console.log(`READY ${JSON.stringify({ port, pid: process.pid })}`);
  });
}
