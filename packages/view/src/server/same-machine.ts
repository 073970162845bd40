import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

const NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Refuses DNS rebinding (a foreign `Host`) and other origins' pages. Programs send no `Origin`. */
export function checkSameMachine({ headers, url }: IncomingMessage, port: number): void {
  if (!isOurs(headers.host ?? '', port)) throw new Refusal(403, 'only as localhost or 127.0.0.1');
  const { origin } = headers;
  if (origin !== undefined && !(origin.startsWith('http://') && isOurs(origin.slice('http://'.length), port)))
    throw new Refusal(403, 'not for pages of other origins');
  // Others may link to the page, not load.
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && headers['sec-fetch-mode'] !== 'navigate')
    throw new Refusal(403, `not for pages of other origins: ${url?.slice(0, 100)}`);
}

function isOurs(host: string, port: number): boolean {
  const at = host.lastIndexOf(':');
  return NAMES.has(host.slice(0, at).toLowerCase()) && host.slice(at + 1) === String(port);
}
