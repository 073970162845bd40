import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type { Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { attachClient } from './client.ts';
import { attachServer, wrapServer } from './server.ts';

/**
 * `node:http` and `node:https`, servers and clients. Prototypes are patched and exports are not, so that
 * `require`, `import http` and `import { request }` all go the same way. A server of `node:http2` is left
 * alone, its HTTP/1 requests (`allowHTTP1`) included.
 */
export const http: Adapter<HttpEvents> = {
  library: 'http',
  versions: '>=22.15.0 <27',
  upstream: ['@opentelemetry/instrumentation-http'],
  shows: ['spans', 'wait', 'parent'],
  title: '`node:http`, `node:https`',
  summary: 'servers, clients, upgrades, `CONNECT`; phases (`http.phase.dns_ms` …); time-outs told from aborts',
  attach(events, hooks) {
    let attached = false;
    const attach = (loaded: typeof Http): void => {
      if (attached) return;
      attached = true;
      attachServer(loaded, events, hooks);
      attachClient(loaded, events, hooks);
    };
    hooks.onBuiltin('http', attach);
    hooks.onBuiltin('https', (loaded: typeof Https) => {
      attach(process.getBuiltinModule('http'));
      wrapServer(loaded.Server, events, hooks);
    });
  },
};
