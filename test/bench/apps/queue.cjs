'use strict';
// Adds jobs and works them off. A request asks for many of them, so that it is not HTTP that is measured.
const http = require('node:http');
const { Queue, Worker } = require('bullmq');

const { hostname: host, port, pathname } = new URL(process.env.REDIS_URL);
const connection = { host, port: Number(port), db: Number(pathname.slice(1)), maxRetriesPerRequest: null };
// Apps that are measured side by side must not take each other's jobs.
const name = `mails-${process.pid}`;
const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true } });
const waiting = new Map();
const worker = new Worker(name, async ({ data }) => waiting.get(data.order)(), { connection, concurrency: 50 });
let orders = 0;

const work = () =>
  new Promise((resolve, reject) => {
    const order = ++orders;
    waiting.set(order, () => {
      waiting.delete(order);
      resolve();
    });
    queue.add('receipt', { order, to: 'customer@example.com' }).catch(reject);
  });

const server = http.createServer((request, response) => {
  const jobs = Number(request.url.slice('/jobs/'.length));
  Promise.all(Array.from({ length: jobs }, work)).then(
    () => response.end('{}'),
    () => response.writeHead(500).end(),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.({ listening: server.address().port }));
process.on('SIGTERM', () => {
  server.close();
  worker.close().then(() => queue.close());
});
