import { guard } from '@foreshock/kit';
import { runInMicrotask } from './microtask.ts';

/** A `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const ON_CONNECTION = Symbol('foreshock.onConnection');

interface Request {
  [ON_CONNECTION]?: true;
}

/**
 * `httpNetworkFetch` of lib/web/fetch/index.js. `onConnect`, in undici 8 `onRequestStart`, passes `abort` per
 * connection.
 */
interface FetchHandler {
  body: null;
  abort: unknown;
  onConnect?(abort: (reason: unknown) => void): void;
  onRequestStart?(controller: { abort(reason: unknown): void }): void;
}

export function onConnection(request: object): void {
  (request as Request)[ON_CONNECTION] = true;
}

/**
 * undici publishes a connecting `fetch`'s abort only after it connects, without reason. Until then we pass `abort` to
 * the handler.
 */
export function onAbort(request: object, listener: (reason: unknown) => void): void {
  const handler = handlerOf(request);
  if (!handler) return;
  const isWaiting = (): boolean => !(request as Request)[ON_CONNECTION] && handler.abort === null;
  // Free connections take it first.
  runInMicrotask(() => {
    // A busy one takes it next turn (`onMessageComplete` of lib/dispatcher/client-h1.js); each `abort` adds a listener.
    if (isWaiting()) setImmediate(() => isWaiting() && giveAbort(request, handler, listener));
  });
}

function giveAbort(request: object, handler: FetchHandler, listener: (reason: unknown) => void): void {
  const abort = (reason: unknown): void => {
    if (!(request as Request)[ON_CONNECTION]) guard('a fetch aborted', () => listener(reason));
  };
  guard('a fetch without a connection', () => {
    if (handler.onRequestStart) handler.onRequestStart({ abort });
    else handler.onConnect?.(abort);
  });
}

let handlerKey: symbol | undefined;

/** Only `fetch`'s: other handlers may count connections. */
function handlerOf(request: object): FetchHandler | undefined {
  const owner = request as Record<symbol, unknown>;
  if (handlerKey === undefined || !(handlerKey in owner)) {
    // lib/core/request.js
    handlerKey = Object.getOwnPropertySymbols(owner).find(({ description }) => description === 'handler');
    if (handlerKey === undefined) return undefined;
  }
  const handler = owner[handlerKey] as Partial<FetchHandler> | undefined;
  if (!handler || Object.getPrototypeOf(handler) !== Object.prototype) return undefined;
  const isFetch = handler.body === null && handler.abort === null && 'onResponseStarted' in handler;
  return isFetch ? (handler as FetchHandler) : undefined;
}
