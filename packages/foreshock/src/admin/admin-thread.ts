import { workerData } from 'node:worker_threads';
import { makeAdminServer } from './admin-server.ts';
import { MainLoop } from './main-loop.ts';
import { lookUpOneAtATime } from './lookup.ts';
import { Readiness } from './readiness.ts';
import type { AdminThreadData, ToMainThread } from './messages.ts';

/** The port may be an ending process's. */
const LISTEN_AGAIN_MS = 5_000;

const { port, listen, service, healthUrls, scrapers } = (workerData as AdminThreadData).foreshockAdmin;
const send = (message: ToMainThread): void => port.postMessage(message);
const main = new MainLoop(port);
const server = makeAdminServer(service, main, new Readiness(main, healthUrls, lookUpOneAtATime()), scrapers);
// A cluster worker's primary would listen otherwise.
const startListening = (): void => void server.listen({ ...listen, exclusive: true });

let hasFailed = false;
server.on('listening', () => send({ type: 'listening' }));
server.on('error', (error: NodeJS.ErrnoException) => {
  if (!hasFailed) send({ type: 'failed', cause: error.code ?? error.message });
  hasFailed = true;
  setTimeout(startListening, LISTEN_AGAIN_MS);
});
startListening();
