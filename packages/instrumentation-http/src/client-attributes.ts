import { CommonAttributes } from '@foreshock/kit';
import type { Peer, SentRequest } from './events.ts';
import { knownMethod } from './method.ts';
import { fullUrl } from './url.ts';

const MAX_TARGETS = 16;

function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80;
}

function inBrackets(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** `host:port`, for `propagateTo`. */
export function authorityOf({ scheme, host, port }: SentRequest): string {
  return `${inBrackets(host)}:${port ?? defaultPort(scheme)}`;
}

// The last origin.
let last = { scheme: '', host: '', port: undefined as number | undefined, text: '' };

function originOf(scheme: string, host: string, port: number | undefined): string {
  if (last.port === port && last.host === host && last.scheme === scheme) return last.text;
  const name = inBrackets(host);
  const text = `${scheme}://${port === undefined || port === defaultPort(scheme) ? name : `${name}:${port}`}`;
  last = { scheme, host, port, text };
  return text;
}

/** `url.full`; undefined for `CONNECT`: no URL. */
export function urlOf({ method, scheme, host, target }: SentRequest, port: number | undefined): string | undefined {
  if (method === 'CONNECT') return undefined;
  // RFC 9110, 7.1: the URL omits the asterisk.
  return fullUrl(originOf(scheme, host, port), target === '*' ? '' : target);
}

interface Target {
  readonly method: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly attributes: CommonAttributes;
}

/** Per target, known before sending. */
export class ClientTargets {
  readonly #targets: Target[] = [];

  of({ method, host, port }: SentRequest): CommonAttributes {
    const targets = this.#targets;
    for (let i = 0; i < targets.length; i++) {
      const each = targets[i]!;
      if (each.host === host && each.port === port && each.method === method) return each.attributes;
    }
    const known = knownMethod(method);
    const values = {
      'http.request.method': known,
      'server.address': host,
      'server.port': port,
      'http.request.method_original': known === method ? undefined : method,
    };
    const attributes = new CommonAttributes(values, { system: 'http', address: host, port });
    if (targets.length >= MAX_TARGETS) targets.shift();
    targets.push({ method, host, port, attributes });
    return attributes;
  }
}

/** On a socket. A `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const PEER = Symbol('foreshock.peer');

interface KnownPeer extends Peer {
  [PEER]?: CommonAttributes;
}

/** `network.peer.*`; undefined when unknown. */
export function peerAttributes(peer: KnownPeer): CommonAttributes | undefined {
  const known = peer[PEER];
  if (known) return known;
  const { remoteAddress, remotePort } = peer;
  if (remoteAddress === undefined) return undefined;
  return (peer[PEER] = new CommonAttributes({
    'network.peer.address': remoteAddress,
    'network.peer.port': remotePort,
  }));
}
