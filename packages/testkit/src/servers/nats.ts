import { existsSync } from 'node:fs';
import { connectable, onPath, runBinary, startServer, type ServerKind } from './server.ts';
import { sharedServer } from './shared.ts';

/** With JetStream; subjects and streams are everybody's. */
export interface Nats {
  /** `nats://127.0.0.1:PORT` */
  url: string;
  stop(): Promise<void>;
}

/** Of `FORESHOCK_TEST_NATS_URL`, else the vitest run's (testkit's global setup), else this call's. */
export async function startNats(): Promise<Nats> {
  return (await sharedServer(nats)) ?? (await startServer(nats));
}

const DEBIAN = '/usr/sbin/nats-server';
const urlOf = (port: number): string => `nats://127.0.0.1:${port}`;

export const nats: ServerKind = {
  name: 'nats',
  variable: 'FORESHOCK_TEST_NATS_URL',
  packages: ['nats-server'],
  docker: { image: 'nats:2-alpine', port: 4222, command: ['-js'], url: urlOf },
  // Debian's is where not every account looks.
  find: () => onPath('nats-server') ?? (existsSync(DEBIAN) ? DEBIAN : undefined),
  async launch(binary, room) {
    const args = ['--addr', '127.0.0.1', '--port', String(room.port), '--jetstream', '--store_dir', room.folder];
    return { url: urlOf(room.port), ...(await runBinary(binary, args, room, () => connectable(room.port))) };
  },
  ping: (url) => connectable(Number(new URL(url).port || 4222)),
};
