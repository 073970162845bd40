import { subscribe } from 'node:diagnostics_channel';
import type { AddressInfo, Server } from 'node:net';
import { collectDependencies, guard, plainSettings, type Settings } from '@foreshock/kit';

/** A server listens (Node's diagnostics_channel docs). */
const LISTENING = 'tracing:net.server.listen:asyncEnd';
const OF_SERVERS = [
  'timeout',
  'requestTimeout',
  'headersTimeout',
  'keepAliveTimeout',
  'maxHeadersCount',
  'maxRequestsPerSocket',
  'maxConnections',
] as const;

/** From now on, HTTP servers too. */
export function noteServers(): void {
  subscribe(LISTENING, (message) =>
    guard('noting a server', () => {
      const { server } = message as { server?: Server };
      if (server && 'requestTimeout' in server) collectDependencies().settings.note('http server', server, ofServer);
    }),
  );
}

function ofServer(server: Server): Omit<Settings, 'library'> {
  const address = server.address() as AddressInfo | string | null;
  const own = server as unknown as Record<string, unknown>;
  return {
    name: typeof address === 'object' && address ? `port ${address.port}` : undefined,
    values: plainSettings(Object.fromEntries(OF_SERVERS.map((name) => [name, own[name]]))),
  };
}

/** One that cannot be read is left out. */
export function runningSettings(): Settings[] {
  return [...collectDependencies().settings];
}
