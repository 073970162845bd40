import type { MessageReader, Sent } from '../../events.ts';
import { headersOf, type WithHeaders } from './headers.ts';

/** On a request: a `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const BODY = Symbol('foreshock.body');

/** lib/core/request.js of undici 5 to 8. */
interface Request extends WithHeaders {
  /** Strings are Buffers here; `fetch`'s are iterators. */
  body?: unknown;
  [BODY]?: 'iterated' | 'in parts' | 'whole';
}

export function beginBody(request: Request, sent: Sent): void {
  const { body } = request;
  if (body === null || body === undefined) {
    request[BODY] = 'whole';
  } else if (ArrayBuffer.isView(body)) {
    sent.wrote(body);
    request[BODY] = 'whole';
  } else {
    request[BODY] = 'iterated';
  }
}

/** Only undici 7 and later publish parts: Node 22's `fetch` bodies are not seen. */
export function bodyChunkSent(request: Request, chunk: unknown, sent: Sent): void {
  if (request[BODY] === 'whole') return;
  request[BODY] = 'in parts';
  sent.wrote(chunk);
}

export function bodySent(request: Request): void {
  if (request[BODY] === 'in parts') request[BODY] = 'whole';
}

export const requestReader: MessageReader = {
  headersOf: (request) => headersOf(request as Request),
  hasWholeBody: (request) => (request as Request)[BODY] === 'whole',
};
