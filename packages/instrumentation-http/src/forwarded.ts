import type { ReceivedRequest } from './events.ts';

/** Proxies' are shorter. */
const MAX_LENGTH = 1_024;
/** RFC 1035 allows 253. */
const MAX_HOST_LENGTH = 255;

export interface Endpoints {
  client: string | undefined;
  host: string | undefined;
  port: number | undefined;
}

/** By the conventions: `Forwarded`, `X-Forwarded-For`/`-Host`, `Host`, the connection. */
export function endpointsOf(request: ReceivedRequest, scheme: string): Endpoints {
  const { headers } = request;
  const forwarded = headers['forwarded'];
  const forwardedFor = headers['x-forwarded-for'];
  const forwardedHost = headers['x-forwarded-host'];
  if (!isForwarded(headers)) {
    return directEndpoints(headers['host'] as string | undefined, scheme, request.socket.remoteAddress);
  }
  const said = parseForwarded(first(forwarded));
  const client = addressOf(said.for) ?? addressOf(listHead(first(forwardedFor))) ?? request.socket.remoteAddress;
  const proto = said.host === undefined ? first(headers['x-forwarded-proto']) : said.proto;
  const proxied = said.host ?? listHead(first(forwardedHost));
  const { host, port } =
    (proxied && splitHost(proxied, proto)) || splitHost(first(headers['host']) ?? '', scheme) || NO_HOST;
  return { client, host, port };
}

export function isForwarded(headers: ReceivedRequest['headers']): boolean {
  return (
    headers['forwarded'] !== undefined ||
    headers['x-forwarded-for'] !== undefined ||
    headers['x-forwarded-host'] !== undefined
  );
}

const NO_HOST: Omit<Endpoints, 'client'> = { host: undefined, port: undefined };

// Mostly one `Host`.
let lastHeader: string | undefined;
let lastScheme = '';
let lastHost: Omit<Endpoints, 'client'> = NO_HOST;

function directEndpoints(header: string | undefined, scheme: string, client: string | undefined): Endpoints {
  if (header !== lastHeader || scheme !== lastScheme) {
    lastHost = splitHost(header ?? '', scheme) ?? NO_HOST;
    lastHeader = header;
    lastScheme = scheme;
  }
  return { client, host: lastHost.host, port: lastHost.port };
}

function first(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text === undefined || text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH);
}

function listHead(list: string | undefined): string | undefined {
  if (list === undefined) return undefined;
  const comma = list.indexOf(',');
  return (comma < 0 ? list : list.slice(0, comma)).trim();
}

/** RFC 7239: the first `for`, and `host` with its `proto`. */
function parseForwarded(header: string | undefined): { for?: string; host?: string; proto?: string } {
  const said: { for?: string; host?: string; proto?: string } = {};
  if (header === undefined) return said;
  for (const element of header.split(',')) {
    const pairs = new Map<string, string>();
    for (const pair of element.split(';')) {
      const equals = pair.indexOf('=');
      if (equals < 0) continue;
      const value = pair.slice(equals + 1).trim();
      const quoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
      pairs.set(pair.slice(0, equals).trim().toLowerCase(), quoted ? value.slice(1, -1) : value);
    }
    said.for ??= pairs.get('for')!;
    if (said.host === undefined && pairs.has('host')) {
      said.host = pairs.get('host')!;
      said.proto = pairs.get('proto')!;
    }
  }
  return said;
}

/** Without port: `203.0.113.9:4711`, `[2001:db8::1]:80`, `_hidden`, bare IPv6. */
function addressOf(text: string | undefined): string | undefined {
  if (!text || !isHost(text)) return undefined;
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    return end < 0 ? undefined : text.slice(1, end);
  }
  const colon = text.indexOf(':');
  return colon < 0 || colon !== text.lastIndexOf(':') ? text : text.slice(0, colon);
}

function splitHost(text: string, scheme: string | undefined): Omit<Endpoints, 'client'> | undefined {
  if (!isHost(text)) return undefined;
  const colon = text.lastIndexOf(':');
  const bare = colon >= 0 && !text.startsWith('[') && text.indexOf(':') !== colon;
  const hasPort = !bare && colon > text.lastIndexOf(']');
  const port = hasPort ? Number(text.slice(colon + 1)) : scheme === 'https' ? 443 : scheme === 'http' ? 80 : undefined;
  const host = hasPort ? text.slice(0, colon) : text;
  return host === '' ? undefined : { host, port: port !== undefined && port > 0 && port < 65_536 ? port : undefined };
}

function isHost(text: string): boolean {
  if (text.length === 0 || text.length > MAX_HOST_LENGTH) return false;
  for (let i = 0; i < text.length; i++) {
    if (HOST_CHARACTER[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}

const HOST_CHARACTER = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_[]%') {
  HOST_CHARACTER[character.charCodeAt(0)] = 1;
}
