import type { HeaderSink, Sent } from '../events.ts';

/** The lines that carry a request's trace; empty when it is left alone, or its host may not have them. */
export function traceLines(sent: Sent | null | undefined, message: object, headers: unknown): string {
  if (!sent) return '';
  const lines = new HeaderLines(message, headers);
  sent.propagate(lines);
  return lines.text;
}

/** Headers as lines, but none that the application has set itself: a `tracestate` goes with its `traceparent`. */
class HeaderLines implements HeaderSink {
  readonly #message: object;
  readonly #theirs: unknown;
  text = '';

  constructor(message: object, theirs: unknown) {
    this.#message = message;
    this.#theirs = theirs;
  }

  set(name: string, value: string): void {
    if (hasHeader(this.#message, this.#theirs, name.toLowerCase()) || !isHeaderText(value)) return;
    if (name === 'tracestate' && hasHeader(this.#message, this.#theirs, 'traceparent')) return;
    this.text += `${name}: ${value}\r\n`;
  }
}

/** What `checkInvalidHeaderChar` of lib/_http_common.js lets pass: a propagator is anybody's. */
function isHeaderText(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 32 && code !== 9) || code === 127 || code > 255) return false;
  }
  return true;
}

/**
 * Whether headers, in any form that `_storeHeader` of lib/_http_outgoing.js takes, name one.
 *
 * @param name in lower case
 */
export function hasHeader(message: object, headers: unknown, name: string): boolean {
  return headerNamed(message, headers, name) !== undefined;
}

/** The header of this name; of the outgoing headers that `setHeader` filled, its entry `[name, value]`. */
export function headerNamed(message: object, headers: unknown, name: string): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (!Array.isArray(headers)) {
    if (isOutHeaders(message, headers)) return (headers as Record<string, unknown>)[name];
    for (const key in headers) {
      if (key.length === name.length && key.toLowerCase() === name) return (headers as Record<string, unknown>)[key];
    }
    return undefined;
  }
  const inPairs = Array.isArray(headers[0]);
  for (let i = 0; i < headers.length; i += inPairs ? 1 : 2) {
    const key = String(inPairs ? headers[i]?.[0] : headers[i]);
    if (key.length === name.length && key.toLowerCase() === name) return inPairs ? headers[i][1] : headers[i + 1];
  }
  return undefined;
}

let outHeaders: symbol | undefined;

/**
 * Whether these are the headers that `setHeader` filled (`kOutHeaders` of lib/_http_outgoing.js), by name in lower
 * case: to list them takes longer than all else here.
 */
function isOutHeaders(message: object, headers: object): boolean {
  outHeaders ??= Object.getOwnPropertySymbols(message).find(({ description }) => description === 'kOutHeaders');
  return outHeaders !== undefined && (message as Record<symbol, unknown>)[outHeaders] === headers;
}
