import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type { Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { attachClient } from './client.ts';
import { attachServer, wrapServer } from './server.ts';

/**
 * Patches prototypes, for `require`, `import http` and `import { request }` alike. Not `node:http2`, with its HTTP/1
 * requests.
 */
export const http: Adapter<HttpEvents> = {
  library: 'http',
  versions: '>=22.15.0 <27',
  upstream: ['@opentelemetry/instrumentation-http'],
  shows: ['spans', 'wait', 'parent'],
  title: '`node:http`, `node:https`',
  summary: 'servers, clients, upgrades, `CONNECT`; phases (`http.phase.dns_ms` …); time-outs apart from aborts',
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
