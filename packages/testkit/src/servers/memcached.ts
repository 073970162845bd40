import { connectable, onPath, runBinary, startServer, type ServerKind } from './server.ts';
import { sharedServer } from './shared.ts';

/** All tests share keys. */
export interface Memcached {
  host: string;
  port: number;
  stop(): Promise<void>;
}

/** Of `FORESHOCK_TEST_MEMCACHED_URL`, else the vitest run's (testkit's global setup), else this call's. */
export async function startMemcached(): Promise<Memcached> {
  const { url, stop } = (await sharedServer(memcached)) ?? (await startServer(memcached));
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 11_211), stop };
}

const urlOf = (port: number): string => `memcached://127.0.0.1:${port}`;

export const memcached: ServerKind = {
  name: 'memcached',
  variable: 'FORESHOCK_TEST_MEMCACHED_URL',
  packages: ['memcached'],
  docker: { image: 'memcached:1-alpine', port: 11_211, url: urlOf },
  find: () => onPath('memcached'),
  async launch(binary, room) {
    const args = ['-l', '127.0.0.1', '-p', String(room.port), '-U', '0'];
    return { url: urlOf(room.port), ...(await runBinary(binary, args, room, () => connectable(room.port))) };
  },
  ping: (url) => connectable(Number(new URL(url).port)),
};
