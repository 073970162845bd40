import type { Attributes } from '@opentelemetry/api';
import { CommonAttributes } from '@foreshock/kit';
import type { ReceivedRequest } from './events.ts';
import { endpointsOf, isForwarded } from './forwarded.ts';
import { knownMethod } from './method.ts';
import { cut, redactQuery, splitTarget } from './url.ts';

const MAX_USER_AGENT_LENGTH = 512;

/** On a socket. A `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const LAST = Symbol('foreshock.last-request');

interface Last {
  readonly method: string | undefined;
  readonly host: unknown;
  readonly userAgent: unknown;
  common: CommonAttributes | undefined;
}

type Socket = ReceivedRequest['socket'] & { [LAST]?: Last };

export function schemeOf({ socket }: ReceivedRequest): 'http' | 'https' {
  return socket.encrypted === true ? 'https' : 'http';
}

/** Known before the handler, for the sampler. Keep-alive clients repeat all but the path. */
export function serverAttributes(request: ReceivedRequest): {
  method: string;
  attributes: Attributes;
  common: CommonAttributes | undefined;
} {
  const { headers } = request;
  const method = knownMethod(request.method ?? 'GET');
  const { path, query } = splitTarget(request.url ?? '/');
  const attributes: Attributes = { 'url.path': cut(path) };
  if (query !== '') attributes['url.query'] = redactQuery(query);

  const socket: Socket = request.socket;
  const last = socket[LAST];
  const host = headers['host'];
  const userAgent = headers['user-agent'];
  const isLike = last?.host === host && last?.userAgent === userAgent && last?.method === request.method;
  if (last && isLike && !isForwarded(headers)) {
    const common = (last.common ??= new CommonAttributes(rest(request, method)));
    return { method, attributes, common };
  }
  // Perhaps the only request.
  socket[LAST] = { method: request.method, host, userAgent, common: undefined };
  const own = rest(request, method);
  for (const key in own) {
    const value = own[key];
    if (value !== undefined) attributes[key] = value;
  }
  return { method, attributes, common: undefined };
}

/** All but path and query. */
function rest(request: ReceivedRequest, known: string): Record<string, string | number | undefined> {
  const { headers, socket, method = 'GET' } = request;
  const scheme = schemeOf(request);
  const { client, host, port } = endpointsOf(request, scheme);
  return {
    'http.request.method': known,
    'url.scheme': scheme,
    'network.protocol.version': request.httpVersion,
    'server.address': host,
    'server.port': port,
    'client.address': client,
    'network.peer.address': socket.remoteAddress,
    'network.peer.port': socket.remotePort,
    'user_agent.original': (headers['user-agent'] as string | undefined)?.slice(0, MAX_USER_AGENT_LENGTH),
    'http.request.method_original': known === method ? undefined : method,
  };
}
