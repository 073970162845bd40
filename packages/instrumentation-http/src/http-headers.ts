import type { OutgoingHeaders } from '@foreshock/kit';
import type { Sent } from './events.ts';

/** Arguments of `_storeHeader` (lib/_http_outgoing.js), in any form, plus lines. */
export class RequestHead implements OutgoingHeaders {
  readonly #message: object;
  /** Copied on removal. */
  headers: unknown;
  lines = '';

  constructor(message: object, headers: unknown, sent: Sent | null | undefined) {
    this.#message = message;
    this.headers = headers;
    sent?.propagate(this);
  }

  get(name: string): unknown {
    return headerNamed(this.#message, this.headers, name);
  }

  set(name: string, value: string): void {
    this.lines += `${name}: ${value}\r\n`;
  }

  remove(name: string): void {
    const { headers } = this;
    if (Array.isArray(headers)) {
      const inPairs = Array.isArray(headers[0]);
      const keyAt = (i: number): unknown => (inPairs ? headers[i]?.[0] : headers[i - (i % 2)]);
      this.headers = headers.filter((_, i) => !isNamed(String(keyAt(i)), name));
    } else {
      const kept: Record<string, unknown> = Object.create(null);
      const isEntry = isOutHeaders(this.#message, headers as object);
      for (const [key, value] of Object.entries(headers as object)) {
        if (!isNamed(key, name)) kept[isEntry ? value[0] : key] = isEntry ? value[1] : value;
      }
      this.headers = kept;
    }
  }
}

function isNamed(key: string, name: string): boolean {
  return key.length === name.length && key.toLowerCase() === name;
}

/** @param name in lower case */
export function hasHeader(message: object, headers: unknown, name: string): boolean {
  return headerNamed(message, headers, name) !== undefined;
}

/** A list for repeated headers. */
export function headerNamed(message: object, headers: unknown, name: string): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (!Array.isArray(headers)) {
    const named = headers as Record<string, any>;
    if (isOutHeaders(message, headers)) return named[name]?.[1];
    for (const key in headers) {
      if (isNamed(key, name)) return named[key];
    }
    return undefined;
  }
  const inPairs = Array.isArray(headers[0]);
  let found: unknown;
  for (let i = 0; i < headers.length; i += inPairs ? 1 : 2) {
    if (!isNamed(String(inPairs ? headers[i]?.[0] : headers[i]), name)) continue;
    const value: unknown = inPairs ? headers[i][1] : headers[i + 1];
    found = found === undefined ? value : [found, value].flat();
  }
  return found;
}

let outHeaders: symbol | undefined;

/** `setHeader`'s (`kOutHeaders` of lib/_http_outgoing.js) have lower-case keys: no slow listing. */
function isOutHeaders(message: object, headers: object): boolean {
  outHeaders ??= Object.getOwnPropertySymbols(message).find(({ description }) => description === 'kOutHeaders');
  return outHeaders !== undefined && (message as Record<symbol, unknown>)[outHeaders] === headers;
}

export function* headerLines(head: string): Iterable<readonly [name: string, value: string]> {
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) yield [line.slice(0, colon), line.slice(colon + 1).trim()];
  }
}
