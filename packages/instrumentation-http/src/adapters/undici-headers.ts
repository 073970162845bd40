import type { HeaderSink } from '../events.ts';

/** The headers of a request, as lib/core/request.js keeps them. */
export interface WithHeaders {
  /** Undici 5: lines; from 6 on: names and values in turn. */
  headers: string | unknown[];
  addHeader?(name: string, value: string): void;
}

/** @param name in lower case */
export function headerOf({ headers }: WithHeaders, name: string): string | undefined {
  if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) {
      const key = headers[i];
      if (typeof key === 'string' && key.length === name.length && key.toLowerCase() === name)
        return String(headers[i + 1]);
    }
    return undefined;
  }
  if (typeof headers !== 'string') return undefined;
  for (const line of headers.split('\r\n')) {
    if (line.slice(0, name.length + 1).toLowerCase() === `${name}:`) return line.slice(name.length + 1).trim();
  }
  return undefined;
}

/** Adds headers to a request, but none that the application has set itself: a `tracestate` goes with its `traceparent`. */
export class RequestHeaders implements HeaderSink {
  readonly #request: WithHeaders;
  readonly #theirTrace: boolean;

  constructor(request: WithHeaders) {
    this.#request = request;
    this.#theirTrace = headerOf(request, 'traceparent') !== undefined;
  }

  set(name: string, value: string): void {
    const request = this.#request;
    if (headerOf(request, name) !== undefined || (this.#theirTrace && name === 'tracestate')) return;
    if (request.addHeader) request.addHeader(name, value);
    else if (Array.isArray(request.headers)) request.headers.push(name, value);
    else request.headers += `${name}: ${value}\r\n`;
  }
}
