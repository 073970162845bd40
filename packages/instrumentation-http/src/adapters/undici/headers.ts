import type { OutgoingHeaders } from '@foreshock/kit';
import { headerLines } from '../../http-headers.ts';

/** Headers in lib/core/request.js. */
export interface WithHeaders {
  /** Undici 5: lines; from 6 alternating. */
  headers: string | unknown[];
  addHeader?(name: string, value: string): void;
}

/** @param name in lower case */
function headerOf({ headers }: WithHeaders, name: string): unknown {
  if (Array.isArray(headers)) {
    let found: unknown;
    for (let i = 0; i < headers.length; i += 2) {
      if (isNamed(headers[i], name)) found = found === undefined ? headers[i + 1] : [found, headers[i + 1]].flat();
    }
    return found;
  }
  if (typeof headers !== 'string') return undefined;
  const values = headers
    .split('\r\n')
    .filter((line) => isLineOf(line, name))
    .map((line) => line.slice(name.length + 1).trim());
  return values.length < 2 ? values[0] : values;
}

function isNamed(key: unknown, name: string): boolean {
  return typeof key === 'string' && key.length === name.length && key.toLowerCase() === name;
}

function isLineOf(line: string, name: string): boolean {
  return line.slice(0, name.length + 1).toLowerCase() === `${name}:`;
}

export function* headersOf({ headers }: WithHeaders): Iterable<readonly [name: string, value: string]> {
  if (Array.isArray(headers)) {
    for (let i = 0; i + 1 < headers.length; i += 2) yield [String(headers[i]), String(headers[i + 1])];
  } else {
    yield* headerLines(headers);
  }
}

/** Already the request's copy. */
export class RequestHeaders implements OutgoingHeaders {
  readonly #request: WithHeaders;

  constructor(request: WithHeaders) {
    this.#request = request;
  }

  get(name: string): unknown {
    return headerOf(this.#request, name);
  }

  set(name: string, value: string): void {
    const request = this.#request;
    if (request.addHeader) request.addHeader(name, value);
    else if (Array.isArray(request.headers)) request.headers.push(name, value);
    else request.headers += `${name}: ${value}\r\n`;
  }

  remove(name: string): void {
    const request = this.#request;
    const { headers } = request;
    if (Array.isArray(headers)) {
      for (let i = headers.length - 2; i >= 0; i -= 2) if (isNamed(headers[i], name)) headers.splice(i, 2);
    } else {
      const lines = headers.split('\r\n');
      request.headers = lines.filter((line) => !isLineOf(line, name)).join('\r\n');
    }
  }
}
