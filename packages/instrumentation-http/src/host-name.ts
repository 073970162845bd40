import type * as Net from 'node:net';
import type { Socket } from 'node:net';

let net: typeof Net | undefined;

/**
 * `lookupAndConnect` of lib/net.js resolves `_host`.
 *
 * @param host IPv6 without brackets
 */
export function isResolving(socket: Socket & { _host?: string | null }, host: string): boolean {
  // Known, being tried.
  if (socket.autoSelectFamilyAttemptedAddresses?.length) return false;
  if (socket._host !== undefined) return socket._host !== null;
  net ??= process.getBuiltinModule('node:net');
  return net.isIP(host) === 0;
}
