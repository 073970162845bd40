import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { request } from 'node:http';

const LIMIT_MS = 2_000;

export type Listener = 'http2' | 'tls' | 'http' | undefined;

/** Which protocol a server speaks instead. Sends only each protocol's beginning. */
export async function whatListens({ protocol, hostname, port }: URL): Promise<Listener> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  if (protocol === 'https:') return (await speaksHttp(host, number)) ? 'http' : undefined;
  if (await speaksHttp2(`http://${hostname}:${number}`)) return 'http2';
  return (await speaksTls(host, number)) ? 'tls' : undefined;
}

/** gRPC needs it; OTLP over HTTP is HTTP/1.1. */
function speaksHttp2(origin: string): Promise<boolean> {
  const session = connectHttp2(origin);
  return settled((answer) => {
    session.on('error', () => answer(false));
    session.on('close', () => answer(false));
    session.on('remoteSettings', () => answer(true));
    return () => session.destroy();
  });
}

function speaksTls(host: string, port: number): Promise<boolean> {
  return settled((answer) => {
    const socket = connectTls({ host, port, rejectUnauthorized: false }, () => answer(true));
    socket.on('error', () => answer(false));
    return () => socket.destroy();
  });
}

function speaksHttp(host: string, port: number): Promise<boolean> {
  return settled((answer) => {
    const asked = request({ host, port, method: 'HEAD', agent: false }, () => answer(true));
    asked.on('error', () => answer(false));
    asked.end();
    return () => asked.destroy();
  });
}

async function settled(begin: (answer: (is: boolean) => void) => () => void): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, LIMIT_MS, false);
  const end = begin(resolve);
  const is = await promise;
  clearTimeout(timer);
  end();
  return is;
}
