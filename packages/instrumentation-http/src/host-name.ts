import type * as Net from 'node:net';
import type { Socket } from 'node:net';

let net: typeof Net | undefined;

/**
 * Whether a socket that is connecting resolves a name first. `_host` is the name that `lookupAndConnect` of
 * lib/net.js looks up; a socket of another kind is asked by the host alone.
 *
 * @param host as the caller names it, IPv6 without brackets
 */
export function isResolving(socket: Socket & { _host?: string | null }, host: string): boolean {
  // Its addresses are known, and being tried.
  if (socket.autoSelectFamilyAttemptedAddresses?.length) return false;
  if (socket._host !== undefined) return socket._host !== null;
  net ??= process.getBuiltinModule('node:net');
  return net.isIP(host) === 0;
}
