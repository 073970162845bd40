import { guard } from '@foreshock/kit';
import { runInMicrotask } from './microtask.ts';

/** On a request that has gone over a connection. */
const ON_CONNECTION = Symbol('foreshock.onConnection');

interface Request {
  [ON_CONNECTION]?: true;
}

/**
 * What `fetch` gives to its dispatcher: an object of its own, with these properties (`httpNetworkFetch` of
 * lib/web/fetch/index.js). `onConnect`, of undici 8 `onRequestStart`, says how to abort it, once for each connection
 * that it is sent over.
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
 * A `fetch` that is aborted while its connection is being opened fails at once for its caller; undici hears of it when
 * the connection is there, seconds later where packets are dropped, and without the reason. So a request that has no
 * connection yet is told by us how to abort it, as it would be by a connection.
 */
export function hearAbort(request: object, hear: (reason: unknown) => void): void {
  const handler = handlerOf(request);
  if (!handler) return;
  const isWaiting = (): boolean => !(request as Request)[ON_CONNECTION] && handler.abort === null;
  // A connection that is free takes it before this.
  runInMicrotask(() => {
    // One that was in use takes it in the next turn (`onMessageComplete` of lib/dispatcher/client-h1.js): so it is for
    // each of many redirects, and whenever a fetch is told how to abort it, it keeps a listener.
    if (isWaiting()) setImmediate(() => isWaiting() && tellHowToAbort(request, handler, hear));
  });
}

function tellHowToAbort(request: object, handler: FetchHandler, hear: (reason: unknown) => void): void {
  const abort = (reason: unknown): void => {
    if (!(request as Request)[ON_CONNECTION]) guard('a fetch aborted', () => hear(reason));
  };
  guard('a fetch without a connection', () => {
    if (handler.onRequestStart) handler.onRequestStart({ abort });
    else handler.onConnect?.(abort);
  });
}

let handlerKey: symbol | undefined;

/** The handler of a request of `fetch`; undefined for any other, which may count its connections. */
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
