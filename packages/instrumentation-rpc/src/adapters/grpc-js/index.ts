import type { Adapter } from '@foreshock/kit';
import type { RpcEvents } from '../../events.ts';
import { attachClient } from './client.ts';
import { attachServer } from './server.ts';

/**
 * @grpc/grpc-js 1.10 and later, whose servers have interceptors. Its own interceptors see no wait and no attempt, and
 * replace a user's: what each call goes through is patched (client.ts, server.ts).
 */
export const grpcJs: Adapter<RpcEvents> = {
  library: '@grpc/grpc-js',
  versions: '>=1.10.0 <2',
  upstream: ['@opentelemetry/instrumentation-grpc'],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'calls of the four kinds, sent and served; attempts of retry policies, waits for a connection, deadlines',
  attach(events, hooks) {
    attachClient(events, hooks);
    attachServer(events, hooks);
  },
};
