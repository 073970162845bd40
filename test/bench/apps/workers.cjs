'use strict';
// A service that keeps its main thread free: each request is worked off by the next of 8 worker threads.
const http = require('node:http');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');

function serve() {
  const waiting = new Map();
  let count = 0;
  const workers = Array.from({ length: 8 }, () =>
    new Worker(__filename).on('message', ({ id, order }) => {
      const response = waiting.get(id);
      waiting.delete(id);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(order));
    }),
  );
  const server = http.createServer((request, response) => {
    const id = ++count;
    waiting.set(id, response);
    workers[id % workers.length].postMessage({ id, order: Number(request.url.slice('/orders/'.length)) });
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ listening: server.address().port }));
  process.on('SIGTERM', () => {
    server.close();
    for (const worker of workers) worker.postMessage('end');
  });
}

function work() {
  const Redis = require('ioredis');
  const redis = new Redis(process.env.REDIS_URL);
  parentPort.on('message', async (message) => {
    if (message === 'end') {
      redis.disconnect();
      return parentPort.close();
    }
    const { id, order } = message;
    const seen = await redis.get(`seen:${order}`);
    await redis.set(`seen:${order}`, Number(seen) + 1, 'EX', 600);
    const response = await fetch(`${process.env.STOCK_URL}/stock/${order}`);
    parentPort.postMessage({ id, order: await response.json() });
  });
}

if (isMainThread) serve();
else work();
