import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openRpc, type RpcConfig } from './boundary.ts';

export type { RpcConfig } from './boundary.ts';

/**
 * Remote procedure calls, sent and served, as OpenTelemetry's `Instrumentation`.
 *
 * @param config default: attached, to all libraries
 */
export function rpcInstrumentation(config: RpcConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-rpc', version: VERSION, adapters, open: openRpc },
    config,
  );
}
