import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { LookupFunction } from 'node:net';
import type { Protocol } from './probe-protocols.ts';

/** Kubernetes gives one second by default. */
export const PROBE_MS = 800;
const MAX_ANSWER = 64 * 1024;

/** @returns why it does not serve, if so. Never rejects. */
export type Probe = () => Promise<string | undefined>;

/** Its own connection, closed at once. */
export function serverProbe(
  { port: defaultPort, hello, refusal }: Protocol,
  address: string,
  port: number | undefined,
  lookup: LookupFunction,
): Probe {
  const where = address.startsWith('/')
    ? { path: address }
    : { host: address, port: port ?? defaultPort, lookup, autoSelectFamilyAttemptTimeout: 250 };
  const plain = (): Promise<string | undefined> => asked(connect(where), 'connect', hello, refusal);
  if (!hello) return plain;
  // Whether its certificate is trusted is no question of its health.
  const secure = (): Promise<string | undefined> =>
    asked(connectSecure({ ...where, rejectUnauthorized: false }), 'secureConnect', hello, refusal);
  // Some log each question that is not by TLS.
  let isSecure = false;
  return async () => {
    if (isSecure) {
      const why = await secure();
      if (why === undefined || why === SILENT) return why;
      isSecure = false;
      // Two such waits are too long.
      if (why === UNREACHED) return why;
    }
    const why = await plain();
    // TLS-only, it may take the question for a broken handshake.
    isSecure = why === CLOSED && (await secure()) === undefined;
    return isSecure ? undefined : why;
  };
}

const CLOSED = 'it closes the connection';
const UNREACHED = `it does not connect within ${PROBE_MS} ms`;
const SILENT = `it does not answer within ${PROBE_MS} ms`;
/** Alerts of TLS 1.3, and of 1.2 (OpenSSL's names). */
const WANTS_CERTIFICATE = /^ERR_SSL_.*ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE)$/;

function asked(
  socket: Socket,
  connected: 'connect' | 'secureConnect',
  hello: Uint8Array | undefined,
  refusal: Protocol['refusal'],
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let isConnected = false;
    const end = (why: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(why);
    };
    const timer = setTimeout(() => end(isConnected ? SILENT : UNREACHED), PROBE_MS);
    socket.on(connected, () => {
      isConnected = true;
      if (hello) socket.write(hello);
      else end(undefined);
    });
    socket.on('data', (answer: Buffer) => end(isTlsAlert(answer) ? CLOSED : refusal?.(answer)));
    socket.on('end', () => end(CLOSED));
    socket.on('error', ({ code = 'error' }: NodeJS.ErrnoException) => {
      // It serves those who have a certificate.
      if (WANTS_CERTIFICATE.test(code)) end(undefined);
      else end(isConnected ? CLOSED : code);
    });
  });
}

function isTlsAlert(answer: Buffer): boolean {
  return answer[0] === 21 && answer[1] === 3;
}

/** 2xx and 3xx: it serves. */
export function httpProbe(url: string, lookup: LookupFunction): Probe {
  const get = url.startsWith('https:') ? getSecure : getPlain;
  return () =>
    new Promise((resolve) => {
      let size = 0;
      const end = (why: string | undefined): void => {
        clearTimeout(timer);
        request.destroy();
        resolve(why);
      };
      const timer = setTimeout(() => end(SILENT), PROBE_MS);
      const request = get(url, { agent: false, lookup, headers: { 'user-agent': 'foreshock-readyz' } });
      request.on('response', (response: IncomingMessage) => {
        const { statusCode = 0 } = response;
        const why = statusCode < 400 ? undefined : `it answers ${statusCode}`;
        // Read to its end, as some servers log what breaks off.
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER) end(why);
        });
        response.on('end', () => end(why));
        response.on('error', () => end(why));
      });
      request.on('error', ({ code = 'error' }: NodeJS.ErrnoException) => end(code));
    });
}
