import type { Http2Session, IncomingHttpHeaders } from 'node:http2';
import type { Hooks } from '@foreshock/kit';
import type { RpcEvents, Served } from '../../events.ts';
import { UNIMPLEMENTED } from '../../status.ts';
import { ServedListener } from './listeners.ts';

const FILES = '@grpc/grpc-js/build/src';

interface Stream {
  readonly session?: Http2Session;
  readonly destroyed: boolean;
  readonly closed: boolean;
}

/** server-interceptors.js: below the application's interceptors. */
interface ServerCall {
  readonly stream: Stream;
  readonly deadline: number;
}

/**
 * Server.prototype's `_channelzHandler` and `_streamHandler` get each stream; a server binds them when it begins to listen.
 * They run interceptors and handlers, which may answer through `BaseServerInterceptingCall` only.
 */
export function attachServer(events: RpcEvents, hooks: Hooks): void {
  const served = new WeakMap<object, Served>();

  function received(server: { handlers: Map<string, unknown> }, args: unknown[]): Served | undefined {
    const [stream, headers, , rawHeaders] = streamOf(args);
    if (!String(headers['content-type']).startsWith('application/grpc')) return undefined;
    const path = String(headers[':path']);
    const call = events.received({
      path,
      isKnown: server.handlers.has(path),
      authority: headers[':authority'] ?? headers.host,
      headers,
      rawHeaders,
      peer: stream.session?.socket?.remoteAddress,
    });
    if (call) served.set(stream, call);
    return call;
  }

  hooks.onLoad(`${FILES}/server.js`, ({ exports }) => {
    const { prototype } = exports.Server;
    for (const handler of ['_channelzHandler', '_streamHandler']) {
      hooks.calls(prototype, handler, {
        begin: received,
        within: (call) => call,
        // It has no such method, and answered so.
        returned(call, _result, { handlers }, args) {
          if (handlers.has(String(streamOf(args)[1][':path']))) return;
          call.answered(UNIMPLEMENTED);
          call.finished(false);
        },
      });
    }
  });

  hooks.onLoad(`${FILES}/server-interceptors.js`, ({ exports }) => {
    const { prototype } = exports.BaseServerInterceptingCall;
    hooks.before(prototype, 'start', ({ stream }: ServerCall, args) => {
      const call = served.get(stream);
      if (call) args[0] = new ServedListener(call, args[0]);
    });
    hooks.before(prototype, 'sendStatus', ({ stream }: ServerCall, [{ code }]) => {
      // It sends nothing to who has gone.
      if (!stream.destroyed && !stream.closed) served.get(stream)?.answered(code);
    });
    // Also once all is sent.
    hooks.before(prototype, 'notifyOnCancel', ({ stream, deadline }: ServerCall) =>
      served.get(stream)?.finished(Number(deadline) <= Date.now()),
    );
  });
}

type StreamEvent = [stream: Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[] | undefined];

/** From 1.11 on after interceptors. */
function streamOf(args: readonly unknown[]): StreamEvent {
  return (Array.isArray(args[0]) ? args.slice(1) : args) as StreamEvent;
}
