import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { startServer, type RunningServer, type ServerKind } from './server.ts';

/** The main vitest process starts a kind's server at the first request over TCP. */
const VARIABLE = 'FORESHOCK_TEST_SERVERS_PORT';

/** Returns what ends them all. */
export async function shareServers(kinds: readonly ServerKind[]): Promise<() => Promise<void>> {
  const running = new Map<string, Promise<RunningServer>>();
  const answer = async (socket: Socket): Promise<void> => {
    socket.on('error', () => {});
    const [name] = (await once(socket, 'data')).map(String);
    const kind = kinds.find((candidate) => candidate.name === name);
    if (!kind) return void socket.end(JSON.stringify({ error: `no such server: ${name}` }));
    if (!running.has(kind.name)) running.set(kind.name, startServer(kind));
    try {
      const { url } = await running.get(kind.name)!;
      socket.end(JSON.stringify({ url }));
    } catch (error) {
      socket.end(JSON.stringify({ error: (error as Error).message }));
    }
  };
  const broker = createServer((socket) => void answer(socket)).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  process.env[VARIABLE] = String((broker.address() as AddressInfo).port);
  return async () => {
    delete process.env[VARIABLE];
    broker.close();
    const started = await Promise.allSettled(running.values());
    await Promise.all(started.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.stop() : undefined)));
  };
}

/** Undefined if unshared. */
export async function sharedServer(kind: ServerKind): Promise<RunningServer | undefined> {
  const port = Number(process.env[VARIABLE]);
  if (!port) return undefined;
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(kind.name);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const { url, error } = JSON.parse(text) as { url?: string; error?: string };
  if (!url) throw new Error(error);
  return { url, stop: async () => {} };
}
